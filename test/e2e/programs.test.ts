import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRecorder } from '../support/recorder.ts';

const runbooks = fileURLToPath(new URL('../../runbooks', import.meta.url));
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'programs-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Runs one of the shipped programs as a step would: an environment of its own and nothing on stdin. */
function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(join(runbooks, program), args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

describe('the cluster', () => {
  interface Health {
    readonly up: number;
    readonly leader: string;
    readonly at: string;
    readonly nodes: readonly { name: string; incarnation: number; pid: number }[];
  }
  let home = '';
  let front = '';
  const cluster = (...args: string[]) =>
    run('restart-cluster/cluster', args, {
      CLUSTER_HOME: home,
      RUNBOOK_ATTEMPT: 'attempt-of-a-step',
    });
  const health = async (): Promise<Health> =>
    (await fetch(`${front}/health`)).json() as Promise<Health>;

  beforeEach(() => {
    home = join(dir, 'cluster');
    front = run('restart-cluster/cluster', ['up', home]).stdout.trim();
  });
  afterEach(() => {
    cluster('down');
  });

  test('has three nodes that answer, the oldest leading', async () => {
    expect(await health()).toMatchObject({ cluster: 'demo', up: 3, leader: 'a' });
    expect(cluster('status', '--expect', '3').status).toBe(0);
  });

  test('a restart ends one process, starts another and moves the lead', async () => {
    const before = await health();
    expect(cluster('restart', 'a', '--of', 'demo').status).toBe(0);
    const after = await health();
    expect(after).toMatchObject({ up: 3, leader: 'b' });
    expect(after.nodes.map((node) => node.incarnation)).toEqual([2, 1, 1]);
    expect(after.nodes[1]).toEqual(before.nodes[1]);
    expect(isAlive(before.nodes[0]?.pid)).toBe(false);
  });

  test('`--since` tells whether every node was restarted', async () => {
    const { at } = await health();
    expect(cluster('status', '--expect', '3', '--since', at)).toMatchObject({
      status: 1,
      stderr: `cluster: not restarted since ${at}: a, b, c\n`,
    });
    for (const node of ['a', 'b', 'c']) {
      expect(cluster('restart', node, '--of', 'demo').status).toBe(0);
    }
    expect(cluster('status', '--expect', '3', '--since', at).status).toBe(0);
  });

  test('a node that died is seen, and holds up the restart of its peers but not its own', async () => {
    kill((await health()).nodes[1]?.pid);
    await until(async () => (await health()).up === 2);
    expect(cluster('status', '--expect', '3').status).toBe(1);
    expect(cluster('restart', 'a', '--of', 'demo').stderr).toBe(
      'cluster: a peer of `a` is down; not now\n',
    );
    expect(cluster('restart', 'b', '--of', 'demo').status).toBe(0);
    expect((await health()).nodes.map((node) => node.incarnation)).toEqual([1, 2, 1]);
  });

  test('refuses to restart under another name, or a node it does not have', () => {
    expect(cluster('restart', 'a', '--of', 'payments').status).toBe(2);
    expect(cluster('restart', 'd', '--of', 'demo').status).toBe(2);
  });

  test('its nodes carry nothing of the step that started them', async () => {
    cluster('restart', 'a', '--of', 'demo');
    const file = `/proc/${(await health()).nodes[0]?.pid}/environ`;
    if (existsSync(file)) {
      expect(readFileSync(file, 'utf8')).not.toContain('RUNBOOK_ATTEMPT');
    }
  });

  test('`down` leaves neither process nor file, also the second time', async () => {
    const pids = (await health()).nodes.map((node) => node.pid);
    expect(cluster('down').status).toBe(0);
    expect(cluster('down').status).toBe(0);
    expect(existsSync(home)).toBe(false);
    await until(() => pids.every((pid) => !isAlive(pid)));
    await expect(fetch(front)).rejects.toThrow();
  });

  test('its processes end by themselves when its folder is removed', async () => {
    const pids = (await health()).nodes.map((node) => node.pid);
    rmSync(home, { recursive: true });
    await until(() => pids.every((pid) => !isAlive(pid)));
  });
});

describe('the export', () => {
  const source = () => join(dir, 'source.db');
  const copy = () => join(dir, 'copy.sqlite');
  const exporter = (verb: string) =>
    run('export-database/export.mjs', [verb, '--', source(), copy()]);
  const change = (sql: string) => {
    const database = new Sqlite(source());
    database.exec(sql);
    database.close();
  };

  beforeEach(() => {
    change(`
      pragma journal_mode = wal;
      create table person (id integer primary key, name text);
      create table "odd ""name""" (value);
    `);
    change(`
      insert into person (name) values ('Ana'), ('Robin');
      insert into "odd ""name""" values (1), (1.5), ('1'), (x'31'), (null), (9007199254740993);
    `);
  });

  test('a copy is complete, private, one file, and says what it holds', () => {
    const { status, stdout } = exporter('copy');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 8, tables: { person: 2, 'odd "name"': 6 } });
    expect(statSync(copy()).mode & 0o777).toBe(0o600);
    expect(exporter('verify')).toEqual({ status: 0, stdout, stderr: '' });
    expect(readdirSync(dir).filter((name) => !name.startsWith('source.db'))).toEqual([
      'copy.sqlite',
    ]);
  });

  test('what exists is never overwritten, nor anything written through a link', () => {
    writeFileSync(copy(), 'mine');
    expect(exporter('copy')).toMatchObject({ status: 1, stdout: '' });
    expect(readFileSync(copy(), 'utf8')).toBe('mine');
    rmSync(copy());
    symlinkSync(join(dir, 'elsewhere'), copy());
    expect(exporter('copy').status).toBe(1);
    expect(existsSync(join(dir, 'elsewhere'))).toBe(false);
  });

  test.each([
    ['a missing row', 'delete from person where id = 1', 'table `person`: 1 rows'],
    ['a missing table', 'drop table person', 'table `person`: no rows'],
    [
      'another value',
      `update person set name = 'Bo' where id = 1`,
      'same row counts, other content',
    ],
    ['another type', `update "odd ""name""" set value = '1' where value = 1`, 'same row counts'],
    ['another schema', 'create index by_name on person (name)', 'same row counts, other content'],
  ])('%s is found', (_, sql, finding) => {
    exporter('copy');
    change(sql);
    const { status, stderr } = exporter('verify');
    expect(status).toBe(1);
    expect(stderr).toContain(finding);
  });

  test('a damaged copy and a readable copy are found', () => {
    exporter('copy');
    chmodSync(copy(), 0o644);
    expect(exporter('verify').stderr).toContain('mode is 644, not 600');
    writeFileSync(copy(), readFileSync(copy()).subarray(0, 5000), { mode: 0o600 });
    chmodSync(copy(), 0o600);
    expect(exporter('verify').status).toBe(1);
  });

  test('a source that is not there is not made', () => {
    rmSync(source());
    expect(exporter('copy').status).toBe(1);
    expect(existsSync(source())).toBe(false);
  });
});

describe('the rotation', () => {
  let stop = () => {};
  let url = '';
  const file = () => join(dir, 'secret');
  const secret = () => readFileSync(file(), 'utf8');
  const rotate = (...args: string[]) => run('rotate-secret/rotate.mjs', [...args, '--', file()]);
  const active = async () =>
    ((await (await fetch(`${url}/whoami`)).json()) as { active: string }).active;
  const status = async (bearer: string) =>
    (await fetch(`${url}/private`, { headers: { authorization: `Bearer ${bearer}` } })).status;

  beforeEach(async () => {
    const service = spawn(join(runbooks, 'rotate-secret/service.mjs'), [file()]);
    stop = () => service.kill();
    service.stdout.setEncoding('utf8');
    const said: unknown[] = await once(service.stdout, 'data');
    url = String(said[0]).trim();
  });
  afterEach(() => stop());

  test('the service takes the new secret and refuses the old, and nobody printed either', async () => {
    const [old, from] = [secret(), await active()];
    const replaced = rotate('replace', '--from', from);
    const verified = rotate('verify', '--service', url);
    expect([replaced.status, verified.status]).toEqual([0, 0]);
    expect(await status(secret())).toBe(200);
    expect(await status(old)).toBe(401);
    expect(JSON.parse(verified.stdout)).toMatchObject({ accepted: await active(), refused: from });
    for (const text of [replaced.stdout, replaced.stderr, verified.stdout, verified.stderr]) {
      expect(text).not.toContain(old);
      expect(text).not.toContain(secret());
    }
  });

  test('both files are private, and the old secret is kept', async () => {
    const old = secret();
    rotate('replace', '--from', await active());
    expect(readFileSync(`${file()}.previous`, 'utf8')).toBe(old);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(`${file()}.previous`).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir).sort()).toEqual(['secret', 'secret.previous']);
  });

  test('the same rotation asked for twice happens once', async () => {
    const from = await active();
    const first = rotate('replace', '--from', from);
    expect(rotate('replace', '--from', from)).toEqual(first);
  });

  test('a rotation from a secret that is long gone changes nothing', async () => {
    const before = secret();
    expect(rotate('replace', '--from', '0123456789abcdef').status).toBe(1);
    expect(secret()).toBe(before);
    expect(existsSync(`${file()}.previous`)).toBe(false);
  });

  test('a rotation that was cut off is finished by the next, and tidied', async () => {
    const from = await active();
    writeFileSync(`${file()}.next`, 'half', { mode: 0o600 });
    expect(rotate('tidy').stdout).toBe('{"removed":true}\n');
    writeFileSync(`${file()}.next`, 'half', { mode: 0o600 });
    expect(rotate('replace', '--from', from).status).toBe(0);
    expect(rotate('verify', '--service', url).status).toBe(0);
    expect(rotate('tidy').stdout).toBe('{"removed":false}\n');
  });

  test('a service that takes another secret is found', () => {
    writeFileSync(join(dir, 'other'), 'not what the service read', { mode: 0o600 });
    const verified = run('rotate-secret/rotate.mjs', [
      'verify',
      '--service',
      url,
      '--',
      join(dir, 'other'),
    ]);
    expect(verified.stderr).toMatch(
      /^rotate: the service still takes [0-9a-f]{16}, not [0-9a-f]{16}\n$/,
    );
  });
});

test('a stand-in writes down how it was called and answers call by call', () => {
  const recorder = openRecorder({
    kubectl: [
      { to: 'get', stdout: ['one', 'two'] },
      { to: 'apply', exit: 3 },
    ],
  });
  const kubectl = (...args: string[]) =>
    spawnSync('kubectl', args, { cwd: dir, env: { PATH: recorder.path }, encoding: 'utf8' });
  try {
    expect(
      [kubectl('get'), kubectl('get', 'pod'), kubectl('get')].map((call) => call.stdout),
    ).toEqual(['one', 'two', 'two']);
    expect(kubectl('apply').status).toBe(3);
    expect(kubectl('delete').status).toBe(64);
    expect(recorder.calls()[1]).toEqual({
      program: 'kubectl',
      argv: ['get', 'pod'],
      cwd: dir,
      env: { PATH: recorder.path },
    });
  } finally {
    recorder.close();
  }
});

/** A process that ended and waits to be reaped is not alive. */
function isAlive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\s*Z/m.test(readFileSync(status, 'utf8'));
}

function kill(pid: number | undefined): void {
  if (pid !== undefined) {
    process.kill(pid, 'SIGKILL');
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 10_000 }).toBe(true);
}
