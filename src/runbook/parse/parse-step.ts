import { editDistance } from '../../base/suggest.ts';
import type { YamlNode } from '../../base/yaml.ts';
import type { Located } from '../../base/yaml-schema.ts';
import type { PlannedStep } from '../plan.ts';
import type { StepFile } from '../schema.ts';
import { isLiteral } from '../template.ts';
import { parseAction } from './parse-action.ts';
import { refuseAsk } from './parse-manual.ts';
import { addExpression, parseExpect, parseRetry } from './parse-outcome.ts';
import { parseOutputs } from './parse-outputs.ts';
import { refuseControls } from './refuse-controls.ts';
import type { Reading } from './site.ts';

const defaultTimeoutMs = 3_600_000;

/** A step in its working form, templates still in it; null where its action has been reported as wrong. */
export function parseStep(
  step: StepFile,
  list: PlannedStep['list'],
  reading: Reading,
): PlannedStep | null {
  const { value: file, node } = step;
  const action = parseAction(step, reading);
  refuseAsk(step, reading);
  const about = { kind: action?.kind ?? null, node, reading };
  const parsed = {
    id: file.id.value,
    name: file.name,
    description: file.description,
    list,
    line: node.at.line,
    privileged: parseTags(file.tags, reading) || file.privileged,
    tags: file.tags.map((tag) => tag.value),
    if: addExpression(file.if, 'if', { ...about, kind: null }),
    env: parseEnv(file.env, reading),
    cwd: file.cwd === null ? null : literalPath(file.cwd, 'cwd', reading),
    files: file.files.map((it) => literalPath(it, 'files', reading)),
    timeout_ms: parseTimeout(step, reading),
    retry: parseRetry(file.retry, about),
    expect: parseExpect(file.expect, about),
    continue_on_error: file.continue_on_error,
    idempotent: file.idempotent,
    check: parseCheck(file.check, reading),
    outputs: parseOutputs(file.outputs, about),
  };
  return action === null ? null : { ...parsed, action };
}

/** Templates of an `env` map. The names that carry our own facts cannot be set. */
export function parseEnv(
  env: Readonly<Record<string, Located<string>>>,
  reading: Reading,
): Readonly<Record<string, string>> {
  for (const [name, { value, node }] of Object.entries(env)) {
    refuseReserved(name, node, reading);
    reading.sites.push({ node, text: value, where: 'env', of: null });
  }
  return Object.fromEntries(Object.entries(env).map(([name, { value }]) => [name, value]));
}

/** `RUNBOOK_ATTEMPT` and its kin carry what the program says; nobody else may. */
export function refuseReserved(name: string, node: YamlNode, reading: Reading): void {
  if (name.toUpperCase().startsWith('RUNBOOK_')) {
    const hint = 'names that start with `RUNBOOK_` are the program’s own; choose another';
    reading.report(node, { message: `\`${name}\` cannot be set`, hint });
  }
}

/** True where the tags make the step privileged. A near miss would leave it ungated without a word. */
function parseTags(tags: StepFile['value']['tags'], reading: Reading): boolean {
  for (const { value, node } of tags) {
    if (value !== 'privileged' && editDistance(value.toLowerCase(), 'privileged') <= 2) {
      reading.report(node, {
        message: `the tag \`${value}\` is nearly \`privileged\`, but would gate nothing`,
        hint: 'did you mean `privileged`? If not, choose another word',
      });
    }
  }
  return tags.some(({ value }) => value === 'privileged');
}

/** Reviewers are shown paths as they stand in the file. */
function literalPath(path: Located<string>, key: string, reading: Reading): string {
  const { value, node } = path;
  refuseControls(path, reading);
  if (!isLiteral(value) || value === '') {
    reading.report(node, { message: `\`${key}\` must be a path as it stands, without values` });
  }
  return value;
}

function parseTimeout({ value: file, node }: StepFile, reading: Reading): number {
  const http = file.http !== null && 'timeout' in file.http ? file.http.timeout : null;
  if (http !== null && file.timeout !== null) {
    const message = '`timeout` stands in the step and in its `http`';
    reading.report(node, { message, hint: 'keep one of them' });
  }
  return http ?? file.timeout ?? defaultTimeoutMs;
}

function parseCheck(check: StepFile['value']['check'], reading: Reading): PlannedStep['check'] {
  if (check === null) {
    return null;
  }
  const action = parseAction(check, reading);
  const about = { kind: action?.kind ?? null, node: check.node, reading };
  const expect = parseExpect(check.value.expect, about);
  return action === null || action.kind === 'manual' ? null : { action, expect };
}
