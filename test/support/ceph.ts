import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

/**
 * An S3 server with Object Lock that nobody here wrote: Ceph's object gateway, over a monitor and a store
 * in memory, all on this host and gone when it is closed. Up in about 15 seconds, in 200 MB.
 */
export interface CephStore {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  close(): Promise<void>;
}

export const cephPrograms = ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin'] as const;

const run = promisify(execFile);

const keys = { accessKey: 'AKTEST', secretKey: 'a-secret-for-ceph' };

export async function openCeph(): Promise<CephStore> {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-ceph-'));
  const [monitor, gateway] = [await freePort(), await freePort()];
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await begin({ dir, monitor, gateway, children });
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint: `http://127.0.0.1:${gateway}`, ...keys, close };
}

interface Place {
  readonly dir: string;
  readonly monitor: number;
  readonly gateway: number;
  readonly children: ChildProcess[];
}

async function begin({ dir, monitor, gateway, children }: Place): Promise<void> {
  const [cluster, osd] = [randomUUID(), randomUUID()];
  const at = (name: string): string => join(dir, name);
  const conf = ['-c', at('ceph.conf')];
  mkdirSync(at('osd'));
  writeFileSync(at('ceph.conf'), configuration({ dir, cluster, monitor, gateway }));
  const { stdout: key } = await run('ceph-authtool', ['--gen-print-key']);
  writeFileSync(at('keyring'), keyring(key.trim()));
  const address = `[v2:127.0.0.1:${monitor}]`;
  await run('monmaptool', ['--create', '--fsid', cluster, '--addv', 'a', address, at('monmap')]);
  await run('ceph-mon', [
    ...conf,
    '--mkfs',
    '-i',
    'a',
    '--monmap',
    at('monmap'),
    '--keyring',
    at('keyring'),
  ]);
  const start = (program: string, ...args: readonly string[]): void => {
    children.push(spawn(program, [...conf, '-f', ...args], { stdio: 'ignore' }));
  };
  start('ceph-mon', '-i', 'a');
  await run('ceph', [...conf, 'osd', 'new', osd], { timeout: 30_000 });
  await run('ceph-osd', [...conf, '-i', '0', '--mkfs', '--osd-uuid', osd]);
  start('ceph-osd', '-i', '0');
  start('radosgw', '-n', 'client.rgw');
  await answers(`http://127.0.0.1:${gateway}/`);
  const user = ['user', 'create', '--uid', 'test', '--display-name', 'test'];
  const secrets = ['--access-key', keys.accessKey, '--secret-key', keys.secretKey];
  await run('radosgw-admin', [...conf, ...user, ...secrets], { timeout: 60_000 });
}

function configuration(of: {
  readonly dir: string;
  readonly cluster: string;
  readonly monitor: number;
  readonly gateway: number;
}): string {
  const { dir, cluster, monitor, gateway } = of;
  return `[global]
fsid = ${cluster}
mon host = v2:127.0.0.1:${monitor}
mon initial members = a
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = ${dir}/keyring
run dir = ${dir}
admin socket =
pid file =
log file = ${dir}/$name.log
mon data = ${dir}/mon
mon data avail crit = 0
mon allow pool size one = true
osd data = ${dir}/osd
osd objectstore = memstore
memstore device bytes = 536870912
osd class load list = *
osd class default list = *
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
rgw data = ${dir}
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw thread pool size = 32
rgw run sync thread = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
`;
}

/** One key for all of them: nobody but the test reaches it. */
function keyring(key: string): string {
  const all = ['mon', 'osd', 'mgr'].map((it) => `caps ${it} = "allow *"\n`).join('');
  return ['mon.', 'client.admin', 'osd.0', 'client.rgw']
    .map((name) => `[${name}]\nkey = ${key}\n${all}`)
    .join('');
}

async function answers(url: string): Promise<void> {
  const until = Date.now() + 90_000;
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > until) {
      throw new Error(`${url} does not answer`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}
