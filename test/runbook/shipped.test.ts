import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseRunbook } from '../../src/runbook/parse/parse.ts';
import type { PlannedAction } from '../../src/runbook/plan.ts';

const folder = fileURLToPath(new URL('../../runbooks', import.meta.url));
const shipped = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test('seven runbooks are shipped', () => {
  expect(shipped).toHaveLength(7);
});

describe.each(shipped)('%s', (file) => {
  const runbook = () => parseRunbook(readFileSync(resolve(folder, file), 'utf8'), file);
  const steps = () => [...runbook().preconditions, ...runbook().steps, ...runbook().finally];
  const actions = () =>
    steps().flatMap((step) => (step.check ? [step.action, step.check.action] : [step.action]));

  test('is valid, and named like its file', () => {
    expect(runbook().name).toBe(basename(file, '.yaml'));
    expect(runbook().description).toMatch(/\.$/);
  });

  test('stops at a privileged step, and proves what it did behind it', () => {
    const gate = runbook().steps.findIndex((step) => step.privileged);
    expect(gate).toBeGreaterThan(-1);
    expect(runbook().steps[gate]?.check ?? runbook().steps[gate]?.idempotent).toBeTruthy();
    expect(runbook().steps.at(-1)?.id).toBe('verify');
  });

  test('every file it names is shipped with it', () => {
    for (const name of [
      ...steps().flatMap((step) => step.files),
      ...actions().flatMap(localFiles),
    ]) {
      expect(statSync(resolve(folder, name)).isFile()).toBe(true);
    }
  });

  test('every program of its own can be executed', () => {
    for (const action of actions()) {
      const [program = ''] = action.kind === 'exec' ? action.argv : [];
      if (program.startsWith('./')) {
        accessSync(resolve(folder, program), constants.X_OK);
      }
    }
  });

  test('no parameter can pass for a flag or reach a shell', () => {
    const { params } = runbook();
    for (const param of Object.values(params).filter(({ type }) => type === 'string')) {
      expect(param.enum ?? param.pattern).not.toBeNull();
      expect(param.pattern ?? '^$').toMatch(/^\^.*\$$/);
      expect(new RegExp(param.pattern ?? '^$').test('-o')).toBe(false);
      expect(new RegExp(param.pattern ?? '^$').test('a;b')).toBe(false);
    }
  });
});

/** Arguments such as `--file=./kill.sql`. */
function localFiles(action: PlannedAction): readonly string[] {
  const words = action.kind === 'exec' ? action.argv : [];
  return words.flatMap((word) => /(?:^|=)(\.\/[\w./-]+)$/.exec(word)?.[1] ?? []);
}
