import { describe, expect, test } from 'vitest';
import { problemsOf } from './builders.ts';

/** Problems that are not of the shape, each with the step that has it. */
const deep = [
  ['tags: [privilegd]', 'the tag `privilegd` is nearly `privileged`, but would gate nothing'],
  ['run: echo ${{ params.cluster }}', '`run` is never templated'],
  ['exec: ls | wc', '`|` is for a shell, and `exec` starts none'],
  ['if: steps.z.status == "suceeded"', '`suceeded` is not a status of a step'],
  ['cwd: "${{ params.cluster }}"', '`cwd` must be a path as it stands, without values'],
  ['id: z', 'the id `z` is taken by the step in line 5'],
] as const;

/** What is wrong in the shape, at the top or in the very step that has another problem. */
const shallow = [
  ['name: Bad', null],
  ['name: 3', null],
  ['description: 3', null],
  ['colour: red', null],
  ['inherit: KUBECONFIG', null],
  ['env: [a]', null],
  ['params: { x: { type: text } }', null],
  ['finally: { id: a }', null],
  [null, 'timeout: 30'],
  [null, 'retry: many'],
  [null, 'colour: red'],
  [null, 'privileged: yes'],
  [null, 'expect: { exit: [a] }'],
  [null, 'outputs: [a]'],
] as const;

describe('no problem hides another', () => {
  test.each(shallow.flatMap((shape) => deep.map((told) => [...shape, ...told] as const)))(
    '%s %s beside %s',
    (top, inStep, line, message) => {
      const wrongId = line.startsWith('id:');
      const lines = [
        ...(top?.startsWith('name:') === true
          ? [top]
          : ['name: x', ...(top === null ? [] : [top])]),
        'steps:',
        '  - id: z',
        '    exec: ls',
        `  - ${wrongId ? line : 'id: s'}`,
        ...(/^(run|exec):/.test(line) ? [] : ['    exec: ls']),
        ...(wrongId ? [] : [`    ${line}`]),
        ...(inStep === null ? [] : [`    ${inStep}`]),
      ];
      const first = lines.indexOf('  - id: z') + 1;
      const problems = problemsOf(`${lines.join('\n')}\n`);
      expect(problems.length).toBeGreaterThan(1);
      expect(problems.join('\n')).toContain(message.replace('line 5', `line ${first}`));
    },
  );

  test.each([
    ['id: Wrong-Id', 'tags: [privilegd]'],
    ['name: no id', 'tags: [privilegd]'],
  ])('a step with `%s` is read on', (first, second) => {
    const problems = problemsOf(`name: x\nsteps:\n  - ${first}\n    ${second}\n    exec: ls\n`);
    expect(problems).toHaveLength(2);
    expect(problems.join()).toContain('nearly `privileged`');
  });

  test('a request without its method or URL is read on', () => {
    const http = 'http: { method: fetch, headers: { Host: x }, body: "${{ nobody }}" }';
    expect(
      problemsOf(`name: x\nsteps:\n  - id: s\n    ${http}\n`).map((it) => it.split(' — ')[0]),
    ).toEqual([
      '4:13 `url` is missing',
      '4:21 `method` must be text such as `GET`, not `fetch`',
      '4:45 `Host` follows from the URL and the body',
      '4:61 unknown name `nobody`',
    ]);
  });
});
