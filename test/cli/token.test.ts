import { hostname, userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { TokenSummary } from '../../src/engine/login-reports.ts';
import { aScene, type Said } from './scene.ts';

/** One story, told in order: tokens for ana and her agent come and go. */
const scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

beforeAll(async () => {
  await scene.run('init', '--person', 'ana', '--no-example');
  await scene.run(
    'people',
    'add',
    'ana',
    '--agent',
    'deploy-bot',
    '--agent',
    'ci:github/acme/infra',
  );
});

/** `runbook token`, with words that hold no space. */
function token(line: string): Promise<Said> {
  return scene.run('token', ...line.split(' '));
}

async function tokens(): Promise<readonly TokenSummary[]> {
  const { stdout } = await token('list --json');
  return (JSON.parse(stdout) as { readonly tokens: readonly TokenSummary[] }).tokens;
}

describe('token create', () => {
  test('prints the secret alone on stdout, and all else beside it', async () => {
    const said = await token('create --person ana --scope start,read,decide --label laptop');
    const [issued] = await tokens();
    expect(said.stdout).toMatch(/^rbk_[A-Za-z0-9_-]{43}\n$/);
    expect(said).toMatchObject({
      exitCode: 0,
      stderr: `token ${issued?.token} for person ana: start, read, decide (laptop), until ${issued?.expires_at}\nits secret, shown this once:\n`,
    });
  });

  test('says with --json the same in one object', async () => {
    const { exitCode, stdout, stderr } = await token(
      'create --agent deploy-bot --scope start --expires 7d --json',
    );
    const { secret, ...issued } = JSON.parse(stdout) as TokenSummary & { readonly secret: string };
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(secret).toMatch(/^rbk_[A-Za-z0-9_-]{43}$/);
    expect(issued).toEqual((await tokens())[0]);
    expect(issued).toMatchObject({
      holder: { kind: 'agent', id: 'deploy-bot' },
      scopes: ['start'],
      label: null,
      revoked_at: null,
      issued_by: `os:${userInfo().username}@${hostname()}`,
    });
    const lifeMs = Date.parse(issued.expires_at) - Date.parse(issued.issued_at);
    expect(Math.round(lifeMs / 86_400_000)).toBe(7);
  });

  test('takes scopes apart or together, and a CI job', async () => {
    const { exitCode } = await token('create --ci github/acme/infra --scope read --scope start');
    expect(exitCode).toBe(0);
    expect((await tokens())[0]).toMatchObject({
      holder: { kind: 'ci', id: 'github/acme/infra' },
      scopes: ['start', 'read'],
    });
  });

  test.each([
    [
      ['--person', 'ana', '--scope', 'decied'],
      2,
      'error: there is no scope `decied`\nhint: did you mean `decide`?\n',
    ],
    [
      ['--person', 'ana', '--scope', ''],
      2,
      'error: there is no scope ``\nhint: there are start, read, decide, admin\n',
    ],
    [
      ['--scope', 'start'],
      2,
      'error: a token is for somebody, and nobody is named\nhint: `--person NAME`, `--agent ID` or `--ci JOB`\n',
    ],
    [
      ['--person', 'ana', '--agent', 'deploy-bot', '--scope', 'start'],
      2,
      'error: `--person` and `--agent` do not go together\n',
    ],
    [
      ['--person', 'ana', '--scope', 'start', '--expires', '400d'],
      2,
      'error: a token lives from 1m to 366d\n',
    ],
    [
      ['--person', 'eve', '--scope', 'start'],
      2,
      'error: there is no person `eve` in `people.yaml`\nhint: runbook people add eve\n',
    ],
    [
      ['--agent', 'eve-bot', '--scope', 'start'],
      2,
      'error: nobody in `people.yaml` answers for agent `eve-bot`\nhint: runbook people add NAME --agent eve-bot\n',
    ],
    [
      ['--agent', 'deploy-bot', '--scope', 'start,decide'],
      13,
      'error: only a person can hold `decide`, not agent `deploy-bot`\nhint: leave the scope out\n',
    ],
  ])('refuses %j', async (argv, exitCode, stderr) => {
    const before = await tokens();
    expect(await scene.run('token', 'create', ...argv)).toEqual({ exitCode, stdout: '', stderr });
    expect(await tokens()).toEqual(before);
  });

  test('gives an agent that calls no token to decide with', async () => {
    const agent = scene.with({ clock: systemClock, env: { RUNBOOK_AGENT: 'deploy-bot' } });
    const argv = ['token', 'create', '--person', 'ana', '--scope', 'decide'];
    const { exitCode, stdout, stderr } = await agent.run(...argv, '--json');
    expect([exitCode, stdout]).toEqual([13, '']);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'scope_forbidden' });
  });
});

describe('token revoke', () => {
  test('takes the beginning of an id, twice as well as once', async () => {
    const [job] = await tokens();
    const id = job?.token ?? '';
    for (let times = 0; times < 2; times += 1) {
      expect(await scene.run('token', 'revoke', id.slice(0, 12))).toEqual({
        exitCode: 0,
        stdout: `${id} opens nothing any more: for ci github/acme/infra: start, read\n`,
        stderr: '',
      });
    }
  });

  test('of an unknown token says where they are listed', async () => {
    expect(await token('revoke nope')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: no token `nope`\nhint: `runbook token list` lists them\n',
    });
  });
});

describe('token list', () => {
  test('shows whom each is for, what it allows and how it stands, the newest first', async () => {
    const [job, bot, ana] = await tokens();
    const { stdout } = await token('list');
    const revoked = job?.revoked_at?.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
    expect(stdout.replaceAll(/ +$/gm, '').split('\n')).toEqual([
      `${job?.token}  revoked ${revoked}  for ci github/acme/infra: start, read`,
      `${bot?.token}  expires in 7d                 for agent deploy-bot: start`,
      `${ana?.token}  expires in 30d                for person ana: start, read, decide (laptop)`,
      '',
    ]);
  });

  test('shows what has expired as expired', async () => {
    const laterMs = systemClock.now().wallMs + 10 * 86_400_000;
    const later = { now: () => ({ ...systemClock.now(), wallMs: laterMs }) };
    const { stdout } = await scene.with({ clock: later }).run('token', 'list');
    expect(stdout).toMatch(/expired 3d ago +for agent deploy-bot/);
    expect(stdout).toMatch(/expires in 20d +for person ana/);
  });

  test('makes visible what a label would hide', async () => {
    await scene.run(
      'token',
      'create',
      '--person',
      'ana',
      '--scope',
      'read',
      '--label',
      'a\u001b[2Kb',
    );
    const { stdout } = await token('list');
    expect(stdout).toContain('(a\\x1b[2Kb)');
  });

  test('of a journal without any says how to issue one', async () => {
    const empty = aScene();
    expect(await empty.run('token', 'list')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'no tokens yet: `runbook token create` issues one\n',
    });
    empty.close();
  });
});
