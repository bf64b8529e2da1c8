import { describe, expect, test } from 'vitest';
import { InternalError } from '../../src/base/errors.ts';
import { parseRunbook } from '../../src/runbook/parse/parse.ts';
import { renderManual, renderStep } from '../../src/runbook/render.ts';
import { summarizeStep } from '../../src/runbook/summary.ts';
import { anEnvironment, aRunbook, aScope, planOf, problemsOf, stepOf } from './builders.ts';

/** The one step of a runbook with these lines behind its id, which stands in line 3. */
function aStep(...lines: string[]): string {
  return aRunbook(['  - id: s', ...lines.map((line) => `    ${line}`), ''].join('\n'));
}

describe('what a person does', () => {
  test('is told with its values filled in', () => {
    const { plan } = planOf(
      aRunbook(
        [
          '  - { id: find, exec: ls, outputs: { leader: {} } }',
          '  - id: look',
          '    manual: Writes on ${{ steps.find.outputs.leader }} are zero in ${{ environment.name }}.',
          '',
        ].join('\n'),
      ),
    );
    const step = stepOf(plan, 'look');
    const scope = aScope({
      steps: { find: { status: 'succeeded', exit_code: 0, outputs: { leader: 'db3' } } },
    });
    if (step.action.kind !== 'manual') {
      throw new Error('not a manual step');
    }
    expect(renderManual(plan, step, { action: step.action, scope })).toBe(
      'Writes on db3 are zero in local.',
    );
    expect(summarizeStep(step)).toContain('Writes on ${{ steps.find.outputs.leader }}');
  });

  test('is never made into a command', () => {
    const { plan } = planOf(aStep('manual: look'));
    expect(() => renderStep(plan, stepOf(plan, 's'), aScope())).toThrow(InternalError);
  });

  test('asks for typed values, which are outputs of its step', () => {
    const source = aRunbook(
      [
        '  - id: look',
        '    manual: Who leads?',
        '    timeout: 2h',
        '    ask: { leader: { type: string, enum: [db1, db2] }, lag: { type: integer, required: false } }',
        '  - id: use',
        '    exec: echo ${{ steps.look.outputs.leader }}',
        '',
      ].join('\n'),
    );
    const [look] = parseRunbook(source, 'test.yaml').steps;
    expect(look?.action).toMatchObject({
      kind: 'manual',
      wait_ms: 7_200_000,
      ask: { leader: { enum: ['db1', 'db2'], required: true }, lag: { required: false } },
    });
  });

  test('waits for ever where nothing else is said', () => {
    const [step] = parseRunbook(aStep('manual: look'), 'test.yaml').steps;
    expect(step?.action).toMatchObject({ wait_ms: null });
  });

  test('is not privileged in a protected environment, not even of a foreign runbook', () => {
    const source = aRunbook('  - { id: s, manual: look }\n  - { id: t, exec: ls }\n');
    const { plan } = planOf(source, {
      trusted: false,
      environment: anEnvironment({ protected: true }),
    });
    expect(plan.steps.map(({ privileged }) => privileged)).toEqual([false, true]);
  });

  test('keeps no secret output across it', () => {
    const source = aRunbook(
      [
        '  - { id: mint, exec: mint, outputs: { key: { secret: true } } }',
        '  - { id: look, manual: look }',
        '  - id: use',
        '    exec: use',
        '    env: { KEY: "${{ steps.mint.outputs.key }}" }',
        '',
      ].join('\n'),
    );
    expect(() => planOf(source)).toThrow('step `look` waits for a person in between');
  });
});

describe('beside `manual`', () => {
  test.each([
    [['exec: ls'], '3:5 `exec` and `manual` stand in one step — make a step of each'],
    [
      ['privileged: true'],
      '5:5 `privileged` has no place beside `manual`: nothing is started — gate the step that acts on it',
    ],
    [
      ['tags: [privileged]'],
      '5:12 the tag `privileged` has no place beside `manual`: nothing is started — gate the step that acts on it',
    ],
    [['env: { A: b }'], '5:5 `env` has no place beside `manual`: nothing is started'],
    [['cwd: x'], '5:5 `cwd` has no place beside `manual`: nothing is started'],
    [['files: [x]'], '5:5 `files` has no place beside `manual`: nothing is started'],
    [['check: { exec: ls }'], '5:5 `check` has no place beside `manual`: nothing is started'],
    [['retry: 3'], '5:5 `retry` has no place beside `manual`: nothing is started'],
    [['idempotent: true'], '5:5 `idempotent` has no place beside `manual`: nothing is started'],
    [['expect: { exit: 1 }'], '5:5 `expect` has no place beside `manual`: nothing is started'],
    [
      ['outputs: { a: "1" }'],
      '5:5 `outputs` has no place beside `manual`: nothing is started — ask for values with `ask`',
    ],
    [
      ['ask: { key: { type: string, secret: true } }'],
      '5:19 `key`: a secret cannot be asked for here — pass it as a secret parameter, which is never stored',
    ],
    [
      ['ask: { key: { type: string, pattern: ".+" } }'],
      '5:42 the pattern `.+` limits nothing: it takes line breaks or other control characters — name the characters that may come, as in `[a-z0-9-]{1,40}`',
    ],
  ])('%j is an error', (lines, problem) => {
    expect(problemsOf(aStep('manual: look', ...lines))).toEqual([problem]);
  });

  test('nothing but `manual` asks', () => {
    expect(problemsOf(aStep('exec: ls', 'ask: { a: { type: string } }'))).toEqual([
      '3:5 `ask` belongs to `manual` — what a program gives is declared under `outputs`',
    ]);
  });

  test('an empty text, and a secret in it, are errors', () => {
    expect(problemsOf(aStep('manual: " "'))).toEqual([
      '4:13 `manual` is empty — say what is to be done',
    ]);
    const params = 'params:\n  token: { type: string, secret: true }\n';
    expect(
      problemsOf(aRunbook('  - { id: s, manual: "say ${{ params.token }}" }\n', params)),
    ).toEqual([expect.stringContaining('the secret `params.token` must not stand here') as string]);
  });
});
