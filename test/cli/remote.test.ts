import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { listen } from '../client/small-server.ts';
import { ana, bot, gated, openServed, robin, type Served } from '../server/served.ts';
import { aScene, type Said, type Scene, writeKey } from './scene.ts';

/** A server under its own account, with a runbook `gated`, and a folder that calls it. */
interface Room {
  readonly served: Served;
  /** Ana, who may start and read. */
  readonly cli: Scene;
  as(token: string): Scene;
  readonly tokens: { readonly ana: string; readonly robin: string; readonly bot: string };
}

let room: Room;
beforeEach(async () => {
  const scene = aScene();
  onTestFinished(() => scene.close());
  writeKey(scene, 'pat');
  const key = readFileSync(join(scene.dir, 'pat.pub'), 'utf8').trim();
  const served = await openServed({
    morePeople: `  - { name: pat, ssh_keys: ["${key}"] }\n`,
    files: { 'gated.yaml': gated, 'slow.yaml': slow },
  });
  const tokens = {
    ana: await served.token(ana, ['start', 'read']),
    robin: await served.token(robin, ['read', 'decide']),
    bot: await served.token(bot, ['start']),
  };
  const as = (token: string) =>
    scene.with({ env: { RUNBOOK_SERVER: served.url, RUNBOOK_TOKEN: token } });
  room = { served, cli: as(tokens.ana), as, tokens };
});

const slow = `name: slow
steps:
  - { id: sleep, exec: [sleep, "60"] }
`;

function json(said: Said): Record<string, unknown> {
  return JSON.parse(said.stdout) as Record<string, unknown>;
}

/** What the same command prints without a server. */
async function execHere(): Promise<Record<string, unknown>> {
  const here = room.cli.with({ env: {} });
  const account = `${userInfo().username}@${hostname()}`;
  here.write('runbooks/gated.yaml', gated);
  await here.run('people', 'add', 'ana', '--os-user', account);
  await here.run('people', 'add', 'pat', '--ssh-key', 'pat.pub');
  return json(await here.run('exec', 'runbooks/gated.yaml', '--json'));
}

/** Its keys, all the way down, and which of its values are null. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(shapeOf);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]))
    : typeof (value ?? undefined);
}

/** Starts `gated` and stops at its gate. */
async function startGated(): Promise<{ readonly run: string; readonly words: string }> {
  const said = await room.cli.run('exec', 'gated', '--json');
  const { run, requests } = json(said) as { run: string; requests: { words: string }[] };
  return { run, words: requests[0]?.words ?? '' };
}

describe('with a server configured', () => {
  test('exec stops at the gate with 10, and says on stdout what it says without a server', async () => {
    const said = await room.cli.run('exec', 'gated', '--json');
    expect(said).toMatchObject({ exitCode: 10, stderr: '' });
    expect(json(said)).toMatchObject({
      runbook: 'gated',
      status: 'waiting',
      terminal: false,
      exit_code: 10,
      steps: [
        { id: 'look', status: 'succeeded', attempt: 1, exit_code: 0 },
        { id: 'change', status: 'waiting', attempt: 0 },
      ],
      requests: [{ step: 'change', missing: [{ slot: 'floor', count: 1, from: ['*'] }] }],
      next: { command: `runbook wait ${String(json(said)['run'])}` },
    });
    const [{ url, ...request } = {}, ...others] = json(said)['requests'] as readonly {
      readonly url?: string;
      readonly request?: string;
    }[];
    // The one thing that only a server knows.
    expect(url).toBe(`${room.served.origin}/requests/${request.request}`);
    const unserved = { ...json(said), requests: [request, ...others] };
    expect(shapeOf(unserved)).toEqual(shapeOf(await execHere()));
  });

  test('exec tells how it goes, step by step, and shows the card', async () => {
    const { exitCode, stdout, stderr } = await room.cli.run('exec', 'gated');
    expect(exitCode).toBe(10);
    expect(stdout).toMatch(/^[0-9a-z]{16} waiting\n$/);
    expect(stderr).toContain('gated in local, run ');
    expect(stderr).toMatch(/● look[^●◆]* before\n[^●◆]*ok[^●◆]*◆ change/);
    expect(stderr.match(/^ *before$/gm)).toHaveLength(1);
    const { origin } = room.served;
    expect(stderr).toMatch(
      new RegExp(
        `\nSomebody else reviews and decides on the page:\n\n {2}${origin}/requests/[0-9a-z]{16}\n\nor approves in a session of their own:\n\n {2}runbook approve \\S+\n\n`,
      ),
    );
  });

  test('exec waits at the gate, goes on once it is approved, and ends with the run', async () => {
    const waiting = room.cli.run('exec', 'gated', '--wait', '1m');
    await openRequest();
    const approved = await room.as(room.tokens.robin).run('approve', '--yes');
    expect(approved).toMatchObject({ exitCode: 0 });
    const { exitCode, stdout, stderr } = await waiting;
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/ succeeded\n$/)]);
    expect(stderr).toContain('approved by robin (A1)');
    expect(stderr).toContain('hello');
  });

  test('ndjson has every entry of the run once, and then the run', async () => {
    const { stdout } = await room.cli.run('exec', 'gated', '--output', 'ndjson');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type, status }) => type ?? status)).toEqual([
      'run.started',
      'step.started',
      'step.finished',
      'approval.requested',
      'waiting',
    ]);
  });

  test('wait, status, logs, runs and audit say what happened there', async () => {
    const { run } = await startGated();
    const still = await room.cli.run('wait', run.slice(0, 8), '--timeout', '1s', '--json');
    expect([still.exitCode, json(still)['status']]).toEqual([10, 'waiting']);
    await room.as(room.tokens.robin).run('approve', '--yes');
    const ended = await room.cli.run('wait', '--json');
    expect([ended.exitCode, json(ended)['status']]).toEqual([0, 'succeeded']);

    expect(json(await room.cli.run('status', '--json'))).toEqual(json(ended));
    expect(await room.cli.run('logs', run, 'change')).toMatchObject({ stdout: 'hello\n' });
    expect(json(await room.cli.run('runs', '--json'))).toMatchObject({
      runs: [{ run, runbook: 'gated', status: 'succeeded' }],
    });
    const log = json(await room.cli.run('audit', 'log', run, '--json')) as {
      entries: { index: number; type: string }[];
    };
    expect(log.entries.at(-1)).toMatchObject({ type: 'run.finished' });
    const shown = await room.cli.run('audit', 'show', String(log.entries[0]?.index), '--json');
    expect(json(shown)).toMatchObject({ entry: { index: log.entries[0]?.index } });
    expect(await room.cli.run('audit', 'verify')).toMatchObject({ exitCode: 0 });
    expect(await room.cli.run('doctor')).toMatchObject({ exitCode: 0 });
  });

  test('cancel ends the run there', async () => {
    const { run } = await startGated();
    const said = await room.cli.run('cancel', run, '--reason', 'wrong cluster', '--json');
    expect(said).toMatchObject({ exitCode: 0, stderr: '' });
    expect(json(said)).toMatchObject({ status: 'cancelled', terminal: true, exit_code: 17 });
    expect(await room.cli.run('cancel', run, '--json')).toMatchObject({ exitCode: 2 });
  });

  test('resume goes on there: at a gate that is still closed it stops again', async () => {
    const { run } = await startGated();
    const said = await room.cli.run('resume', run, '--json');
    expect([said.exitCode, json(said)['status']]).toEqual([10, 'waiting']);
  });

  test('list, show and plan are about the runbooks of the server', async () => {
    const { runbooks } = json(await room.cli.run('list', '--json')) as {
      runbooks: { name: string; privileged: number }[];
    };
    expect(runbooks.map(({ name }) => name)).toEqual(['gated', 'runbook', 'slow']);
    const shown = json(await room.cli.run('show', 'gated', '--json'));
    expect(shown).toMatchObject({ name: 'gated', params: { properties: { word: {} } } });
    const planned = await room.cli.run('plan', 'gated', '--json');
    expect(planned.exitCode).toBe(0);
    expect(json(planned)).toMatchObject({ steps: [{ id: 'look' }, { id: 'change' }] });
  });

  test('a runbook in a file stays here', async () => {
    room.cli.write('mine.yaml', gated);
    const said = await room.cli.run('exec', './mine.yaml', '--json');
    expect(said.exitCode).toBe(2);
    expect(said.stderr).toContain('"code":"runbook_not_on_server"');
  });

  test('--local and an empty RUNBOOK_SERVER mean this machine', async () => {
    const here = await room.cli.run('--local', 'runs', '--json');
    expect(json(here)).toEqual({ runs: [] });
    const empty = room.cli.with({ env: { RUNBOOK_SERVER: '' } });
    expect(json(await empty.run('runs', '--json'))).toEqual({ runs: [] });
  });

  test('nothing of the engine is loaded here', async () => {
    const loadApp = () => Promise.reject(new Error('loaded'));
    const { run } = await startGated();
    const cli = room.cli.with({ loadApp });
    for (const argv of [
      ['runs'],
      ['status', run],
      ['list'],
      ['show', 'gated'],
      ['exec', 'gated'],
    ]) {
      expect((await cli.run(...argv)).stderr).not.toContain('loaded');
    }
    const here = cli.with({ env: {} });
    expect(await here.run('list')).toMatchObject({ exitCode: 0 });
  });

  test('what belongs to the journal’s own machine says so', async () => {
    const said = await room.cli.run('journal', 'rebuild', '--json');
    expect([said.exitCode, said.stderr]).toEqual([2, expect.stringContaining('"not_on_server"')]);
  });

  test('resume tells what the run waits for, and cancel of one that ended is refused without more', async () => {
    const { run } = await startGated();
    const resumed = await room.cli.run('resume', run, '--no-wait');
    expect(resumed.stderr).toMatch(/\n\n◆ change\n {2}needs approval\n\n╭─/);
    const cancelled = await room.cli.run('cancel', run);
    expect([cancelled.exitCode, cancelled.stderr]).toEqual([
      0,
      expect.not.stringContaining('\n\n\n'),
    ]);
    const again = await room.cli.run('cancel', run);
    expect([again.exitCode, again.stdout]).toEqual([2, '']);
    expect(again.stderr).toMatch(/^error: run `\w+` has ended: cancelled\n$/);
  });

  test('an unknown run, and a server that is away, are errors of their own', async () => {
    const unknown = await room.cli.run('status', 'zzzz', '--json');
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('"run_unknown"'),
    ]);
    await room.served.stop();
    const away = await room.cli.run('status', '--json');
    expect([away.exitCode, away.stderr]).toEqual([
      18,
      expect.stringContaining('"server_unreachable"'),
    ]);
  });

  test('an agent with a token that may only start gets its run and the gate', async () => {
    const agent = room.as(room.tokens.bot);
    const said = await agent.run('exec', 'gated', '--json');
    expect([said.exitCode, json(said)['status']]).toEqual([10, 'waiting']);
    const text = await agent.run('exec', 'gated');
    expect([text.exitCode, text.stderr]).toEqual([10, expect.stringContaining('◆ change')]);
  });
});

describe('deciding at a server', () => {
  test('by login is attested, and says so', async () => {
    const { words } = await startGated();
    const said = await room.as(room.tokens.robin).run('approve', words, '--yes');
    expect(said).toMatchObject({
      exitCode: 0,
      stdout: 'approved by robin (A1: attested by the server, not signed)\n',
    });
    expect(said.stderr).toContain('echo hello');
    expect(said.stderr).toMatch(/goes on with the run: `runbook wait [0-9a-z]{16}`\n$/);
    expect(said.stderr).not.toContain('receipt');
  });

  test('names no command that the token may not call', async () => {
    const { words } = await startGated();
    const decider = room.as(await room.served.token(robin, ['decide']));
    const said = await decider.run('approve', words, '--yes');
    expect(said.stderr).toMatch(/\ncomplete: the server goes on with the run\n$/);
  });

  test('by key is signed, with a receipt, whoever carries it', async () => {
    const { run, words } = await startGated();
    const said = await room
      .as(await room.served.token(robin, ['read', 'decide']))
      .run('approve', words, '--key', 'pat.pem', '--json');
    expect(said).toMatchObject({ exitCode: 0, stderr: '' });
    const { person, assurance, receipt } = json(said);
    expect([person, assurance]).toEqual(['pat', 'A3']);
    expect(await room.cli.run('wait', run)).toMatchObject({ exitCode: 0 });
    const verified = await room.cli.run('audit', 'verify', '--receipt', String(receipt), '--json');
    expect(verified.exitCode).toBe(0);
  });

  test('takes a word where nobody can be asked: --yes', async () => {
    const { words } = await startGated();
    const said = await room.as(room.tokens.robin).run('approve', words, '--json');
    expect([said.exitCode, said.stderr]).toEqual([2, expect.stringContaining('"not_confirmed"')]);
    expect(await openRequest()).toMatchObject({ words, state: 'pending' });
  });

  test('rejects with a reason, and the run ends', async () => {
    const { run, words } = await startGated();
    const rejected = await room
      .as(room.tokens.robin)
      .run('reject', words, '--reason', 'not today', '--yes', '--json');
    expect(json(rejected)).toMatchObject({ decision: 'reject', receipt: null });
    const ended = await room.cli.run('wait', run, '--json');
    expect([ended.exitCode, json(ended)['reason']]).toEqual([11, 'rejected by robin: not today']);
  });

  test('is nothing for whoever started the run, an agent, or a token that may not', async () => {
    const { words } = await startGated();
    const decider = room.as(await room.served.token(ana, ['read', 'decide']));
    const own = await decider.run('approve', words, '--yes', '--json');
    expect([own.exitCode, own.stderr]).toEqual([13, expect.stringContaining('"self_approval"')]);
    const env = { RUNBOOK_SERVER: room.served.url, RUNBOOK_TOKEN: room.tokens.robin };
    const agent = room.cli.with({ env: { ...env, RUNBOOK_AGENT: 'deploy-bot' } });
    const byAgent = await agent.run('approve', words, '--yes', '--json');
    expect([byAgent.exitCode, byAgent.stderr]).toEqual([
      13,
      expect.stringContaining('"agent_decides"'),
    ]);
    const reader = await room.cli.run('approve', words, '--yes', '--json');
    expect([reader.exitCode, reader.stderr]).toEqual([2, expect.stringContaining('"key_missing"')]);
    expect(reader.stderr).toContain(`, or on the page: ${room.served.origin}/requests/`);
    expect(await openRequest()).toMatchObject({ state: 'pending' });
  });

  test('at a server that shows another command than it asks for ends with 14', async () => {
    const { words } = await startGated();
    const lying = await openLiar(room.served.url, (review) =>
      review.replace(/"blobs":\{"([0-9a-f]+)":\{"salt":"([^"]*)","bytes":"[^"]*"/, (all) =>
        all.replace(/"bytes":"[^"]*"/, `"bytes":"${Buffer.from('{}').toString('base64')}"`),
      ),
    );
    const env = { RUNBOOK_SERVER: lying, RUNBOOK_TOKEN: room.tokens.robin };
    const said = await room.cli.with({ env }).run('approve', words, '--yes', '--json');
    expect(said.exitCode).toBe(14);
    expect(await openRequest()).toMatchObject({ state: 'pending' });
  });
});

describe('a login', () => {
  test('is kept for its owner, says who one is, and is forgotten', async () => {
    const env = { RUNBOOK_SERVER: room.served.url };
    const scene = room.cli.with({ env, stdin: `${room.tokens.robin}\n` });
    expect(await scene.run('whoami', '--json')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('"login_missing"') as string,
    });
    const login = await scene.run('login', '--json');
    expect(login.exitCode).toBe(0);
    expect(json(login)).toMatchObject({ person: 'robin', scopes: ['read', 'decide'] });
    expect(login.stdout + login.stderr).not.toContain(room.tokens.robin);
    expect(statSync(join(scene.dir, 'config', 'token')).mode & 0o777).toBe(0o600);

    const who = await scene.run('whoami');
    expect(who.stdout).toMatch(/person +robin/);
    expect(who.stdout).toMatch(/may +read, decide/);
    expect(json(await scene.run('logout', '--json'))).toEqual({ forgotten: true });
    expect(await scene.run('runs')).toMatchObject({ exitCode: 4 });
  });

  test('that the server does not know is not kept', async () => {
    const env = { RUNBOOK_SERVER: room.served.url };
    const scene = room.cli.with({ env, stdin: `rbk_${'a'.repeat(43)}\n` });
    expect(await scene.run('login', '--json')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('"token_unknown"') as string,
    });
    expect(await scene.run('whoami', '--json')).toMatchObject({
      stderr: expect.stringContaining('"login_missing"') as string,
    });
  });

  test('that is no token is refused, and never quoted', async () => {
    const env = { RUNBOOK_SERVER: room.served.url, RUNBOOK_TOKEN: 'hunter2\nhunter3' };
    const said = await room.cli.with({ env }).run('runs');
    expect(said.exitCode).toBe(2);
    expect(said.stderr).toContain('that is no token');
    expect(said.stderr).not.toContain('hunter');
  });

  test('at another server than the configured one says how commands get there', async () => {
    const scene = room.cli.with({ env: {}, stdin: `${room.tokens.robin}\n` });
    const said = await scene.run('login', '--server', room.served.url);
    expect(said.stderr).toContain(`RUNBOOK_SERVER=${room.served.url}`);
    const elsewhere = scene.with({ env: { RUNBOOK_SERVER: 'http://127.0.0.1:9' } });
    expect(await elsewhere.run('runs', '--json')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('"login_elsewhere"') as string,
    });
  });

  test('whoami without a server is the account of this machine', async () => {
    const { exitCode, stdout } = await room.cli.with({ env: {} }).run('whoami', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      identity: expect.stringMatching(/^os:/) as string,
      server: null,
    });
  });
});

test('config.yaml names the server, and a variable comes before it', async () => {
  room.cli.write('config/config.yaml', 'server: { url: http://127.0.0.1:9 }\n');
  const env = { RUNBOOK_TOKEN: room.tokens.ana };
  const configured = await room.cli.with({ env }).run('runs', '--json');
  expect([configured.exitCode, configured.stderr]).toEqual([
    18,
    expect.stringContaining('127.0.0.1:9'),
  ]);
  expect(await room.cli.run('runs', '--json')).toMatchObject({ exitCode: 0 });
});

/** The request that is open, once there is one. */
async function openRequest(): Promise<Record<string, unknown>> {
  for (;;) {
    const { requests } = json(await room.cli.run('requests', '--json')) as {
      requests: Record<string, unknown>[];
    };
    const [request] = requests;
    if (request !== undefined) {
      return request;
    }
  }
}

/** Passes everything on to `target`, but lies about what is reviewed. */
async function openLiar(target: string, lie: (review: string) => string): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const { method = 'GET', url = '', headers } = request;
      const body = await text(request);
      const { authorization = '' } = headers;
      const answer = await fetch(`${target}${url}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body === '' ? {} : { body }),
      });
      const honest = await answer.text();
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      Readable.from([url.includes('/review') ? lie(honest) : honest]).pipe(response);
    })();
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return listen(server);
}
