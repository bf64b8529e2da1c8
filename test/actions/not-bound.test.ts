import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scanScript } from '../../src/actions/scan-script.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Command, SecretRef } from '../../src/runbook/command.ts';
import { aCommand, actions, aGet, aScript, inFolder, path, writeProgram } from './scene.ts';

const aSecret: SecretRef = { secret: 'env.TOKEN', commitment: sha256('x') };

/** For a folder that holds `tool` (executable), `data.yaml`, `lib.sh` and `manifests/`. */
async function notBound(changes: Partial<Command>): Promise<readonly string[]> {
  return inFolder((cwd) => {
    writeProgram(join(cwd, 'tool'), '#!/bin/sh\n');
    writeFileSync(join(cwd, 'data.yaml'), '');
    writeFileSync(join(cwd, 'lib.sh'), '');
    mkdirSync(join(cwd, 'manifests'));
    const notes = actions.notBound(actions.bind(aCommand({ cwd, ...changes }), true));
    return notes.map((note) => note.replaceAll(cwd, 'CWD'));
  });
}

describe('not bound by a digest', () => {
  test.each<[string, Partial<Command>, readonly string[]]>([
    ['nothing of a script of builtins', aScript('cd /tmp; echo "$HOME"; exit 0'), []],
    [
      'programs of a script',
      aScript('ls | sort -u'),
      ['programs that the script finds by PATH: `ls`, `sort`'],
    ],
    ['a program it calls by its path', aScript('./tool a'), ['the content of `./tool`']],
    [
      'a file it reads',
      aScript('kubectl apply -f data.yaml'),
      ['programs that the script finds by PATH: `kubectl`', 'the content of `data.yaml`'],
    ],
    [
      'a folder it reads',
      { action: { kind: 'exec', argv: ['cat', '--all=manifests'] } },
      ['the content of `manifests`'],
    ],
    ['what it sources', aScript('. ./lib.sh'), ['what `.` runs', 'the content of `./lib.sh`']],
    ['what it evaluates', aScript('eval "$X"'), ['what `eval` runs']],
    [
      'what it downloads',
      aScript('curl -s "$URL" | sh'),
      ['programs that the script finds by PATH: `curl`, `sh`', 'what `sh` runs'],
    ],
    ['what a variable names', aScript('"$TOOL" x'), ['what `$TOOL` stands for']],
    [
      'what another program starts',
      { action: { kind: 'exec', argv: ['timeout', '5', 'x'] } },
      ['what `timeout` runs'],
    ],
    [
      'a script inside an argv',
      { action: { kind: 'exec', argv: ['sh', '-c', 'date'] } },
      ['programs that the script finds by PATH: `date`', 'what `sh` runs'],
    ],
    [
      'a script behind any options of a shell',
      { action: { kind: 'exec', argv: ['bash', '-ceuo', 'pipefail', 'date'] } },
      ['programs that the script finds by PATH: `date`', 'what `bash` runs'],
    ],
    [
      'what a bound script calls',
      { action: { kind: 'exec', argv: ['./tool'] } },
      ['what `CWD/tool` calls and reads in turn'],
    ],
    [
      'where a server redirects',
      aGet('http://localhost/', { redirects: 'same_origin' }),
      ['where on the same origin the server redirects to'],
    ],
    ['nothing of a plain request', aGet('http://localhost/'), []],
  ])('%s', async (_, changes, notes) => {
    expect(await notBound(changes)).toEqual(notes);
  });

  const named = (path: string, name: string): string =>
    `\`${path}\`, which the environment variable ${name} names`;

  test.each<[string, Command['env'], readonly string[]]>([
    ['a configuration', { KUBECONFIG: ['data.yaml'] }, [named('CWD/data.yaml', 'KUBECONFIG')]],
    [
      'several, with colons between',
      { LD_PRELOAD: ['lib.sh:/nowhere:./data.yaml'] },
      [named('CWD/lib.sh', 'LD_PRELOAD'), named('CWD/data.yaml', 'LD_PRELOAD')],
    ],
    ['a command', { GIT_SSH_COMMAND: ['./tool -v'] }, [named('CWD/tool', 'GIT_SSH_COMMAND')]],
    ['by an absolute path', { X: ['/etc/passwd'] }, [named('/etc/passwd', 'X')]],
    ['no folder', { WHERE: ['manifests'], ELSE: ['/etc'] }, []],
    ['no word that is no file', { CLUSTER: ['demo'], EMPTY: [''], NUL: ['a\0b'] }, []],
    ['not where a shell has its places', { SHELL: ['/bin/sh'], PWD: ['lib.sh'] }, []],
    ['no secret', { TOKEN: [aSecret], PART: ['data.yaml', aSecret] }, []],
  ])('files that the environment names: %s', async (_, env, notes) => {
    expect(await notBound({ ...aScript(':'), env: { PATH: [path], ...env } })).toEqual(notes);
    expect(await notBound({ ...aGet('http://localhost/'), env })).toEqual([]);
  });

  test('is no file of the environment that `files` names', async () => {
    const files = [{ path: 'data.yaml', sha256: null }];
    const env = { PATH: [path], KUBECONFIG: ['data.yaml'] };
    expect(await notBound({ ...aScript(':'), env, files })).toEqual([]);
  });

  test('is no file that `files` names', async () => {
    const changes = {
      ...aScript('./tool data.yaml'),
      files: [
        { path: 'tool', sha256: null },
        { path: 'data.yaml', sha256: null },
      ],
    };
    expect(await notBound(changes)).toEqual([]);
  });

  test('is listed up to a limit, and counted beyond', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `tool${at}`);
    const [note, ...rest] = await notBound(aScript(names.join('; ')));
    expect(rest).toEqual([]);
    expect(note).toMatch(/`tool11` and 8 more$/);
    const many = await notBound(aScript(names.map((name) => `"$${name}"`).join('; ')));
    expect(many).toHaveLength(13);
    expect(many.at(-1)).toBe('and 8 more');
  });
});

test.each<[string, readonly string[]]>([
  ['a && b || c & d; e', ['a', 'b', 'c', 'd', 'e']],
  ['A=1 B="x y" prog arg', ['prog']],
  ['if test -f x; then prog; else other; fi', ['prog', 'other']],
  ['for i in a b c; do prog "$i"; done', ['prog']],
  ['while ! ready; do sleep 1; done', ['ready', 'sleep']],
  ['case "$x" in\n  a|b) first ;;\n  *) second ;;\nesac', ['first', 'second']],
  ['x=$(inner "a b" | filter); echo "$(quoted) `ticked`"', ['inner', 'filter', 'quoted', 'ticked']],
  ['# a comment; with words\nprog # more; words', ['prog']],
  ['echo \'a; b\' "c; d"', []],
  ['cat <<EOF\nnot a command; here\nEOF\nprog', ['cat', 'prog']],
  ["prog <<-'END'\n\tnot; this\n\tEND\nmore", ['prog', 'more']],
  ['prog <<< word\nmore', ['prog', 'more']],
  ['helper() { inner; }\nhelper', ['inner']],
  ['i=$((i + 1)); exec prog', ['prog']],
  ['prog > file 2>&1 < other', ['prog']],
  ['prog \\\n  --flag value', ['prog']],
])('the commands of %j are found', (script, commands) => {
  expect(scanScript(script).commands).toEqual(commands);
});

test.each([
  'a|',
  '\n',
  ' ',
  'x',
  'A=1;',
  'A=1 ',
  '<<a\n',
  '$((',
  '${a',
  '"',
  "'",
  '`',
  '$(',
  'a\n(',
  '#\\',
  'in ',
])('a script of nothing but %j is read at once', (piece) => {
  const begin = performance.now();
  scanScript(piece.repeat(130_000 / piece.length));
  expect(performance.now() - begin).toBeLessThan(2000);
});
