import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { type Cli, openCli, root } from '../support/cli.ts';
import { mirroredEntries } from '../support/mirrored.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Announced {
  readonly url: string;
  readonly witness: string;
  readonly mirror: string;
}

/** A witness on another host: a process of its own, with folders of its own. */
async function startWitness(dir: string, argv: readonly string[]) {
  const child = spawn(
    process.execPath,
    [join(root, 'bin/runbook.cjs'), 'audit', 'witness', '--mirror', '--public', ...argv, '--json'],
    { env: { HOME: dir, RUNBOOK_STATE_DIR: dir }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const ended = once(child, 'exit');
  const stop = async (signal: NodeJS.Signals): Promise<unknown> => {
    child.kill(signal);
    return (await ended)[0];
  };
  onTestFinished(async () => {
    await stop('SIGKILL');
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { ...(JSON.parse(line) as Announced), stop };
}

function configure({ dir }: Cli, { url, witness, mirror }: Announced): void {
  const sink = (kind: string, key: string): string =>
    `  ${kind}: { kind: ${kind}, url: "${url}", key: "${key}" }\n`;
  writeFileSync(
    join(dir, 'config/config.yaml'),
    `sinks:\n${sink('witness', witness)}${sink('mirror', mirror)}`,
  );
}

async function journalOf(host: Cli): Promise<{ readonly origin: string; readonly key: string }> {
  const { stdout } = await host.run('init', '--no-example', '--json');
  const { journal } = JSON.parse(stdout) as { journal: { origin: string; verifier_key: string } };
  return { origin: journal.origin, key: journal.verifier_key };
}

async function sync(host: Cli) {
  const { exitCode, stdout, stderr } = await host.run('audit', 'sync', '--json');
  return { exitCode, said: `${stdout}${stderr}` };
}

const free = ['--listen', '127.0.0.1:0'];

test('a journal that is put back to an older state is found out by a witness on another host', async () => {
  const host = openCli();
  const { origin, key } = await journalOf(host);
  const dir = tempFolder();
  const witness = await startWitness(dir, [...free, '--log', key]);
  configure(host, witness);
  expect(await host.run('exec', '--', 'echo', 'one')).toMatchObject({ exitCode: 0 });
  expect(await sync(host)).toMatchObject({ exitCode: 0 });
  cpSync(join(host.dir, 'state'), join(host.dir, 'kept'), { recursive: true });

  expect(await host.run('exec', '--', 'echo', 'two')).toMatchObject({ exitCode: 0 });
  expect(await sync(host)).toMatchObject({ exitCode: 0 });
  const own = { dir: join(dir, 'witness'), url: witness.url, origin };
  const { entries } = await mirroredEntries(own);
  expect(entries.some((leaf) => leaf.includes('run.finished'))).toBe(true);
  const copy = join(own.dir, 'logs', sha256(origin));
  for (const place of [copy, `${own.url}/${sha256(origin)}`]) {
    const { exitCode, stderr } = await host.run('audit', 'verify', place);
    expect(exitCode, `${place}\n${stderr}`).toBe(0);
  }

  rmSync(join(host.dir, 'state'), { recursive: true });
  cpSync(join(host.dir, 'kept'), join(host.dir, 'state'), { recursive: true });
  const after = await sync(host);
  expect(after.exitCode, after.said).toBe(14);
  expect(after.said).toContain('E_ROLLBACK');
});

test('a witness that is killed comes back with what it has seen, and ends when it is asked to', async () => {
  const host = openCli();
  const { key, origin } = await journalOf(host);
  const dir = tempFolder({ logs: `# ours\nlog ${key}\n` });
  const argv = ['--logs', join(dir, 'logs')];
  const first = await startWitness(dir, [...free, ...argv]);
  configure(host, first);
  expect(await sync(host)).toMatchObject({ exitCode: 0 });
  await first.stop('SIGKILL');
  expect(await host.run('audit', 'sync', '--timeout', '1s')).toMatchObject({ exitCode: 18 });

  const { host: address } = new URL(first.url);
  const second = await startWitness(dir, ['--listen', address, ...argv]);
  expect([second.witness, second.mirror]).toEqual([first.witness, first.mirror]);
  expect(await host.run('exec', '--', 'echo', 'more')).toMatchObject({ exitCode: 0 });
  expect(await sync(host)).toMatchObject({ exitCode: 0 });
  const head = join(dir, 'witness/heads', sha256(origin));
  expect(readFileSync(head, 'utf8')).toContain(`${origin}\n`);
  expect(await second.stop('SIGTERM')).toBe(0);
  expect(existsSync(join(dir, 'witness/lock'))).toBe(false);
});
