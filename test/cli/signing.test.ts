import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { aScene, writeKey } from './scene.ts';

const scene = aScene().with({ clock: systemClock });
const robin = ['--key', 'robin.pem'];
let words = '';
let other = '';

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
  words = await requested('one');
  other = await requested('other');
  await scene.run('review', words, '--export', 'request.json');
});
afterAll(() => scene.close());

async function requested(who: string): Promise<string> {
  const { stdout } = await scene.run('exec', 'hello', '-p', `who=${who}`, '--json');
  const { requests } = JSON.parse(stdout) as { requests: { words: string }[] };
  return requests[0]?.words ?? '';
}

interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
}

async function failure(...argv: readonly string[]): Promise<Failure> {
  const { exitCode, stdout, stderr } = await scene.run(...argv, '--json');
  expect(stdout).toBe('');
  return { ...(JSON.parse(stderr) as Failure), exitCode };
}

const because = ['--reason', 'because'];
const found = ['--outcome', 'failed', ...because];

describe('flags that exclude each other are refused', () => {
  test.each([
    ['--key', 'approve', '--key', 'k', '--ssh-agent'],
    ['--key', 'reject', ...because, '--key', 'k', '--ssh-agent'],
    ['--key', 'revoke', '--key', 'k', '--ssh-agent'],
    ['--key', 'resolve', 'run', 'step', ...found, '--key', 'k', '--ssh-agent'],
    ['--key', 'approve', '--key', 'k', '--signature', 's'],
    ['--ssh-agent', 'reject', '--ssh-agent', '--signature', 's'],
    ['--offline', 'revoke', '--offline', 'f', '--signature', 's'],
    ['--offline', 'resolve', '--offline', 'f', '--signature', 's'],
    ['--reason', 'approve', ...because, '--signature', 's'],
    ['--outcome', 'resolve', ...found, '--signature', 's'],
    ['REQUEST', 'approve', 'amber-canoe', '--offline', 'f', '--key', 'k'],
    ['RUN', 'resolve', '4f7k', 'step', '--offline', 'f', ...found, '--key', 'k'],
    ['--reason', 'resolve', '4f7k', 'step', '--export', 'f', ...because],
    ['--key', 'resolve', '4f7k', 'step', '--export', 'f', '--key', 'k'],
  ])('%s: %s %s %s', async (named, ...argv) => {
    const error = await failure(...argv);
    expect(error).toMatchObject({ exitCode: 2, code: 'flags_conflict' });
    expect(error.message).toContain(`\`${named}\``);
  });
});

describe('an agent', () => {
  const agent = scene.with({ clock: systemClock, env: { RUNBOOK_AGENT: 'deploy-bot' } });

  test.each([
    ['approve', ...robin],
    ['approve', '--ssh-agent'],
    ['approve'],
    ['approve', '--offline', 'request.json', ...robin],
    ['reject', ...because, ...robin],
    ['revoke', ...robin],
    ['resolve', 'run', 'step', ...found, ...robin],
    ['resolve', '--offline', 'started.json', ...found, ...robin],
  ])('cannot sign: %s %s', async (...argv) => {
    const { exitCode, stdout, stderr } = await agent.run(...argv, '--json');
    expect([exitCode, stdout]).toEqual([13, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'agent_decides',
      message: 'agent `deploy-bot` cannot sign: a person decides, in a session of their own',
    });
  });

  test('may carry what a person signed', async () => {
    const signed = await scene.run('approve', '--offline', 'request.json', ...robin);
    const carried = agent.with({ stdin: signed.stdout });
    const handed = await carried.run('approve', '--signature', '-');
    expect(handed).toMatchObject({ exitCode: 0, stdout: 'approved by robin (A3)\n' });
  });
});

describe('what was signed elsewhere', () => {
  test.each([
    ['approve', 'approved'],
    ['reject', 'rejected'],
    ['revoke', 'revoked'],
  ] as const)('is handed in by the command that it was signed for: %s', async (decision, past) => {
    const about = await requested(decision);
    await scene.run('review', about, '--export', `${decision}.json`);
    if (decision === 'revoke') {
      await scene.run('approve', about, ...robin);
    }
    const argv = ['--offline', `${decision}.json`, ...because, ...robin];
    const signed = await scene.run(decision, ...argv);
    expect(signed.stderr).toContain(`\`runbook ${decision} --signature -\``);
    scene.write('decision.txt', signed.stdout);
    const wrong = decision === 'reject' ? 'approve' : 'reject';
    expect(await failure(wrong, '--signature', 'decision.txt')).toMatchObject({
      exitCode: 2,
      code: 'other_decision',
      hint: `\`runbook ${decision} --signature decision.txt\` hands it in`,
    });
    expect(await failure('resolve', '--signature', 'decision.txt')).toMatchObject({
      code: 'other_decision',
    });
    expect(await failure(decision, other, '--signature', 'decision.txt')).toMatchObject({
      exitCode: 13,
      code: 'other_request',
    });
    const handed = await scene.run(decision, about, '--signature', 'decision.txt');
    expect(handed).toMatchObject({ exitCode: 0, stdout: `${past} by robin (A3)\n` });
  });
});
