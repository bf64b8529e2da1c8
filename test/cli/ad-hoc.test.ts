import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { RunbookError } from '../../src/base/errors.ts';
import { parseAt } from '../../src/cli/at.ts';
import { aScene, type Scene, writeKey } from './scene.ts';

const scene: Scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
  scene.write('config/config.yaml', 'environments:\n  prod: { protected: true }\n');
});

async function exec(...argv: readonly string[]) {
  const { stdout, ...said } = await scene.run('exec', ...argv);
  return { ...said, run: stdout.split(' ')[0] ?? '', status: stdout.trim().split(' ')[1] };
}

describe('exec -- COMMAND', () => {
  test('runs it with its arguments as they were typed', async () => {
    // oxlint-disable-next-line no-template-curly-in-string
    const typed = ['--json', '-x', 'two words', "it's", '${{ params.no }}', '$HOME', '', 'ü\n'];
    const { exitCode, run } = await exec('--', 'printf', '[%s]', ...typed);
    expect(exitCode).toBe(0);
    const { stdout } = await scene.run('logs', run);
    expect(stdout).toBe(typed.map((argument) => `[${argument}]`).join(''));
  });

  test('ends with 1 where the command fails; its own exit code is in the report', async () => {
    const { stdout, exitCode } = await scene.run('exec', '--json', '--', 'sh', '-c', 'exit 7');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      runbook: 'ad-hoc',
      steps: [{ id: 'command', exit_code: 7 }],
    });
  });

  test('is gated where it is said to be, and in a protected environment whatever is said', async () => {
    expect(await exec('--privileged', '--', 'true')).toMatchObject({
      exitCode: 10,
      status: 'waiting',
    });
    expect(await exec('-e', 'prod', '--', 'true')).toMatchObject({ exitCode: 10 });
  });

  test('--plan-only shows the verdict, and records nothing', async () => {
    const before = await scene.run('runs', '--json');
    const planned = await scene.run(
      'exec',
      '-e',
      'prod',
      '--plan-only',
      '--',
      'kubectl',
      'delete',
      'pod',
      'x',
    );
    expect(planned.exitCode).toBe(0);
    expect(planned.stdout).toContain('does    kubectl delete pod x');
    expect(planned.stdout).toContain('approval by another person');
    expect(await scene.run('runs', '--json')).toEqual(before);
  });

  test('--shell takes one script, and a timeout holds', async () => {
    const { run } = await exec('--shell', '--timeout', '5s', '--', 'echo one | tr n N');
    expect((await scene.run('logs', run)).stdout).toBe('oNe\n');
    expect(await exec('--shell', '--', 'echo', 'two')).toMatchObject({ exitCode: 2 });
  });

  test('is shown by its command line in the list of runs', async () => {
    await exec('--', 'echo', 'seen in', 'the list');
    const { stdout } = await scene.run('runs', '--limit', '1');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain("ad-hoc: echo 'seen in' 'the list'");
  });

  test.each([
    [['--'], 'command_missing'],
    [['hello', '--', 'ls'], 'flags_conflict'],
    [['hello', '--privileged'], 'flags_conflict'],
    [[], 'usage'],
  ])('exec %j is refused', async (argv, code) => {
    const { exitCode, stderr } = await scene.run('--json', 'exec', ...argv);
    expect([exitCode, (JSON.parse(stderr) as { code: string }).code]).toEqual([2, code]);
  });

  test('a server runs no command of its callers', async () => {
    const remote = scene.with({ env: { RUNBOOK_SERVER: 'http://127.0.0.1:9' } });
    const { exitCode, stderr } = await remote.run('exec', '--', 'ls');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('hint: with `--local` it runs on this machine');
  });
});

describe('exec --at', () => {
  test('says when, and leaves the run to whoever goes on with it', async () => {
    const { exitCode, run, stderr } = await exec('--at', '+2h', '--', 'true');
    expect(exitCode).toBe(10);
    expect(stderr).toContain(`next: runbook resume ${run}`);
    expect(stderr).toMatch(/starts (at \d{4}-|in )/);
  });

  const nowMs = new Date(2026, 2, 1, 21, 30).getTime();
  const here = (...at: [number, number, number, number, number]) => new Date(...at).toISOString();
  test.each([
    ['+2h', here(2026, 2, 1, 23, 30)],
    ['22:00', here(2026, 2, 1, 22, 0)],
    ['6:15', here(2026, 2, 2, 6, 15)],
    ['2026-12-01 22:00', here(2026, 11, 1, 22, 0)],
    ['2026-12-01T22:00:00+01:00', '2026-12-01T21:00:00.000Z'],
  ])('%s', (text, expected) => {
    expect(parseAt(text, nowMs)).toBe(expected);
  });

  test.each([
    ['yesterday', 'at_invalid'],
    ['25:00', 'at_invalid'],
    ['2026-02-31 10:00', 'at_invalid'],
    ['2025-12-01 22:00', 'at_past'],
    ['+2', 'duration_invalid'],
  ])('%s is refused', (text, code) => {
    expect(() => parseAt(text, nowMs)).toThrow(RunbookError);
    expect(() => parseAt(text, nowMs)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
