import type { YamlNode } from '../../base/yaml.ts';
import type { Located } from '../../base/yaml-schema.ts';
import type { PlannedAction } from '../plan.ts';
import type { CheckFile, StepFile } from '../schema.ts';
import { isLiteral, parseTemplate } from '../template.ts';
import { parseExec } from './parse-exec.ts';
import { parseHttp } from './parse-http.ts';
import { parseManual } from './parse-manual.ts';
import { refuseControls } from './refuse-controls.ts';
import type { Reading } from './site.ts';

type ActionFile = StepFile['value'] | CheckFile['value'];

const kinds = ['run', 'exec', 'http', 'manual'] as const;

/** The one action of a step or check; null where it has been reported as wrong. */
export function parseAction(
  { value, node }: Located<ActionFile>,
  reading: Reading,
): PlannedAction | null {
  const written = kinds.filter((kind) => hasKey(node, kind));
  if (written.length !== 1) {
    refuseKinds(written, node, reading);
    return null;
  }
  if (value.shell !== null && value.run === null) {
    reading.report(node, { message: '`shell` belongs to `run`' });
  }
  if (value.run !== null) {
    checkScript(value.run, reading);
    return { kind: 'run', shell: value.shell ?? 'sh', script: value.run.value };
  }
  if (value.exec !== null) {
    const argv = parseExec(value.exec, reading);
    return argv === null ? null : { kind: 'exec', argv };
  }
  if ('manual' in value && value.manual !== null) {
    return parseManual({ ...value, manual: value.manual }, node, reading);
  }
  return value.http === null ? null : parseHttp(value.http, reading);
}

/** Actions that are not built yet have been refused by name already. */
function refuseKinds(written: readonly string[], node: YamlNode, reading: Reading): void {
  if (written.length > 1) {
    const message = `${written.map((kind) => `\`${kind}\``).join(' and ')} stand in one step`;
    reading.report(node, { message, hint: 'make a step of each' });
  } else if (!hasKey(node, 'uses')) {
    const message = 'there is nothing to do here';
    reading.report(node, { message, hint: 'add `run`, `exec`, `http` or `manual`' });
  }
}

function hasKey(node: YamlNode, key: string): boolean {
  return node.kind === 'map' && node.entries.some((entry) => entry.key === key);
}

/** A value in a script would be code to the shell; in the environment it is a value. */
function checkScript(script: Located<string>, reading: Reading): void {
  const { value, node } = script;
  refuseControls(script, reading);
  if (value.trim() === '') {
    reading.report(node, { message: '`run` is empty' });
  }
  if (isLiteral(value)) {
    return;
  }
  const template = parseTemplate(value);
  const holes = 'message' in template ? [] : template.filter((piece) => typeof piece === 'object');
  for (const { expression, offset } of holes) {
    const name = variableFor(expression);
    const hint = `add \`${name}: \${{ ${expression} }}\` to \`env\` and write \`"$${name}"\` here`;
    reading.report(node, { message: '`run` is never templated', hint, offset });
  }
  if (holes.length === 0) {
    const offset = value.indexOf('${{');
    reading.report(node, {
      message: '`run` is never templated',
      hint: 'pass values through `env`',
      offset,
    });
  }
}

function variableFor(expression: string): string {
  const last = /[A-Za-z_][A-Za-z0-9_]*$/.exec(expression)?.[0] ?? 'VALUE';
  return last.toUpperCase();
}
