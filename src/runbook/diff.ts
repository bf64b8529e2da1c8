import type { BoundFile, Command, Text } from './command.ts';
import { diffLines } from './diff-lines.ts';
import { expectationWords } from './expectation.ts';

/**
 * How two commands differ, in lines fit for a person; empty where they do not. Scripts line by line
 * (`- ` before, `+ ` after), everything else by name. Secrets show as their names. Not yet sanitised.
 */
export function describeChanges(before: Command, after: Command): readonly string[] {
  return [
    ...describeAction(before.action, after.action),
    ...describeNamed('environment variable', textsOf(before.env), textsOf(after.env)),
    ...describeNamed('program', hashesOf(before.programs), hashesOf(after.programs)),
    ...describeNamed('file', hashesOf(before.files), hashesOf(after.files)),
    ...describeNamed('', settingsOf(before), settingsOf(after)),
    ...describeCheck(before.check, after.check),
  ];
}

type Named = ReadonlyMap<string, string>;

function describeAction(before: Command['action'], after: Command['action']): readonly string[] {
  if (before.kind === 'run' && after.kind === 'run') {
    const shell = describeNamed(
      '',
      new Map([['shell', before.shell]]),
      new Map([['shell', after.shell]]),
    );
    return [...shell, ...describeScript(before.script, after.script)];
  }
  if (before.kind === 'exec' && after.kind === 'exec') {
    return describeNamed('argument', numbered(before.argv), numbered(after.argv));
  }
  if (before.kind === 'http' && after.kind === 'http') {
    return describeNamed('', partsOf(before), partsOf(after));
  }
  return [`action: was \`${before.kind}\`, is \`${after.kind}\``];
}

function describeNamed(what: string, before: Named, after: Named): readonly string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    const label = what === '' ? name : `${what} ${name}`;
    if (was === is) {
      return [];
    }
    if (was === undefined) {
      return [`${label}: added, ${is ?? ''}`];
    }
    return [is === undefined ? `${label}: removed, was ${was}` : `${label}: was ${was}, is ${is}`];
  });
}

function describeCheck(before: Command | null, after: Command | null): readonly string[] {
  if (before === null || after === null) {
    return before === after ? [] : [`check: ${before === null ? 'added' : 'removed'}`];
  }
  return describeChanges(before, after).map((line) => `check: ${line}`);
}

function settingsOf(command: Command): Named {
  const { action, cwd, stdin, timeout_ms, retry, expect, environment, host, uid } = command;
  const settings = { cwd, stdin, timeout_ms, retry, environment, host, uid };
  return new Map([
    ...Object.entries(settings).map(([name, value]): [string, string] => [
      name,
      JSON.stringify(value),
    ]),
    ...(expect === undefined
      ? []
      : [['expect', expectationWords(expect, action.kind).join(' and ')] as const]),
  ]);
}

function partsOf(action: Extract<Command['action'], { kind: 'http' }>): Named {
  const { method, url, headers, body, redirects } = action;
  return new Map([
    ['method', method],
    ['URL', url],
    ...headers.map(({ name, value }): [string, string] => [`header ${name}`, show(value)]),
    ['body', body === null ? 'none' : show(body)],
    ['redirects', redirects],
  ]);
}

function textsOf(env: Command['env']): Named {
  return new Map(Object.entries(env).map(([name, text]) => [name, show(text)]));
}

function hashesOf(files: readonly BoundFile[]): Named {
  return new Map(files.map(({ path, sha256 }) => [path, sha256 ?? 'not hashed']));
}

function numbered(argv: readonly string[]): Named {
  return new Map(argv.map((argument, index) => [String(index), JSON.stringify(argument)]));
}

/** Quoted, with secrets by name; another secret under the same name is told apart by its commitment. */
function show(text: Text): string {
  return text
    .map((piece) =>
      typeof piece === 'string'
        ? JSON.stringify(piece)
        : `<${piece.secret} ${piece.commitment.slice(0, 8)}>`,
    )
    .join(' ');
}

function describeScript(before: string, after: string): readonly string[] {
  return before === after ? [] : ['script:', ...diffLines(before.split('\n'), after.split('\n'))];
}
