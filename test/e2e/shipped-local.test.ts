import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openOffice, root } from '../support/cli.ts';
import { everyFileIn, throughTheGate } from './story.ts';

const env = { RUNBOOK_PATH: join(root, 'runbooks') };

test('restart-cluster leaves three new processes, and a journal that verifies', async () => {
  const office = await openOffice({ env });
  const home = join(office.dir, 'cluster');
  const cluster = (...args: readonly string[]) =>
    execFileSync(join(root, 'runbooks/restart-cluster/cluster'), args, {
      encoding: 'utf8',
      env: { ...office.env, CLUSTER_HOME: home },
    });
  onTestFinished(() => void cluster('down'));
  const api = cluster('up', home).trim();
  writeFileSync(
    join(office.dir, 'config/config.yaml'),
    `environments:\n  demo: { vars: { api: "${api}" } }\n`,
  );
  const before = nodesOf(cluster('status', '--json'));

  const { waiting, ended } = await throughTheGate(
    office.with({ env: { CLUSTER_HOME: home } }),
    { key: office.robin, privileged: 'restart' },
    ['restart-cluster', '-e', 'demo', '-p', 'cluster=demo'],
    () => {
      expect(nodesOf(cluster('status', '--json'))).toEqual(before);
    },
  );

  expect(waiting).toMatchObject({
    environment: 'demo',
    steps: [
      { id: 'health', status: 'succeeded', outputs: { leader: 'a' } },
      { id: 'restart', status: 'waiting' },
      { id: 'verify', status: 'pending' },
    ],
  });
  expect(ended.steps.map(({ id, status }) => [id, status])).toEqual([
    ['health', 'succeeded'],
    ['restart', 'succeeded'],
    ['verify', 'succeeded'],
  ]);
  const after = nodesOf(cluster('status', '--json'));
  expect(after.map(({ name, incarnation }) => [name, incarnation])).toEqual([
    ['a', 2],
    ['b', 2],
    ['c', 2],
  ]);
  const pids = new Set([...before, ...after].map(({ pid }) => pid));
  expect(pids.size).toBe(6);
});

test('export-database makes a private copy row for row, and never over a file that is there', async () => {
  const office = await openOffice({ env });
  const source = join(office.dir, 'source.db');
  const copy = join(office.dir, 'copy.sqlite');
  const database = new Sqlite(source);
  database.exec(`
    create table person (id integer primary key, name text);
    insert into person (name) values ('Ana'), ('Robin'), ('O''Neil; drop table person');
  `);
  database.close();
  const argv = ['export-database', '-p', `database=${source}`, '-p', `output=${copy}`];

  const { ended } = await throughTheGate(
    office,
    { key: office.robin, privileged: 'export' },
    argv,
    () => {
      expect(existsSync(copy)).toBe(false);
    },
  );

  expect(ended.steps[0]?.outputs).toMatchObject({ rows: 3 });
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  const copied = new Sqlite(copy, { readonly: true });
  expect(copied.prepare('select id, name from person order by id').raw().all()).toEqual([
    [1, 'Ana'],
    [2, 'Robin'],
    [3, "O'Neil; drop table person"],
  ]);
  copied.close();

  const bytes = readFileSync(copy);
  await office.drive('exec', ...argv, '--no-wait');
  await office.run('approve', '--key', office.robin);
  const again = await office.drive('resume');
  expect(again).toMatchObject({ status: 'failed', exit_code: 1, terminal: true });
  expect(again.steps[1]).toMatchObject({ id: 'verify', status: 'skipped' });
  expect((await office.run('logs', again.run, 'export')).stdout).toContain('already');
  expect(readFileSync(copy)).toEqual(bytes);
});

test('rotate-secret: the old secret is refused, the new one taken, and neither is written down', async () => {
  const office = await openOffice({ env });
  const file = join(office.dir, 'secret');
  const url = await startService(file);
  const knock = async (secret: string) =>
    (await fetch(`${url}/private`, { headers: { authorization: `Bearer ${secret}` } })).status;
  const old = readFileSync(file, 'utf8');

  const { ended, said } = await throughTheGate(
    office,
    { key: office.robin, privileged: 'rotate' },
    ['rotate-secret', '-p', `service=${url}`, '-p', `file=${file}`],
    async () => {
      expect(readFileSync(file, 'utf8')).toBe(old);
      expect(await knock(old)).toBe(200);
    },
  );

  expect(ended.steps.map(({ id }) => id)).toEqual(['before', 'rotate', 'verify', 'tidy']);
  const fresh = readFileSync(file, 'utf8');
  expect([await knock(old), await knock(fresh)]).toEqual([401, 200]);
  expect(readFileSync(`${file}.previous`, 'utf8')).toBe(old);

  const logs = await office.run('logs', ended.run);
  const stored = [
    ...everyFileIn(join(office.dir, 'state')),
    ...everyFileIn(join(office.dir, 'approver')),
  ];
  expect(stored.length).toBeGreaterThan(10);
  for (const text of [said, logs.stdout, logs.stderr, ...stored]) {
    expect(text.includes(old) || text.includes(fresh)).toBe(false);
  }
  expect(readdirSync(office.dir).filter((name) => name.startsWith('secret'))).toEqual([
    'secret',
    'secret.previous',
  ]);
});

interface Node {
  readonly name: string;
  readonly incarnation: number;
  readonly pid: number;
}

function nodesOf(status: string): readonly Node[] {
  return (JSON.parse(status) as { nodes: readonly Node[] }).nodes;
}

async function startService(file: string): Promise<string> {
  const service = spawn(join(root, 'runbooks/rotate-secret/service.mjs'), [file]);
  onTestFinished(() => void service.kill());
  service.stdout.setEncoding('utf8');
  const [url] = (await once(service.stdout, 'data')) as [string];
  return url.trim();
}
