import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundleProgram, type Program } from '../support/bundle-program.ts';
import { type Office, openOffice } from '../support/cli.ts';
import { verifyJson } from '../support/cli-schema.ts';

let writer: Program;
beforeAll(async () => {
  writer = await bundleProgram('test/support/kill-writer.ts');
});
afterAll(() => {
  writer.remove();
});

const files = { 'one.yaml': 'name: one\nsteps:\n  - { id: one, run: ":" }\n' };

/** A process that commits and commits, until it is killed. */
async function startWriting({ dir }: Office): Promise<ChildProcess> {
  const child = spawn(process.execPath, [writer.file, join(dir, 'state'), 'a', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  child.stdout.resume();
  await once(child.stdout, 'data');
  return child;
}

/** How many entries the integrity verdict speaks of. */
async function verifiedSize(office: Office, ...more: string[]): Promise<number> {
  const { body } = await office.json(verifyJson, 'audit', 'verify', ...more);
  expect(body).toMatchObject({ findings: [], exit_code: 0 });
  const anchor = body.verdicts.find(({ name }) => name === 'integrity')?.anchor ?? '';
  return Number(/head of (\d+) entries/.exec(anchor)?.[1]);
}

test('a journal is verified as it was at one moment, while others write on', async () => {
  const office = await openOffice({ files });
  await office.run('exec', './one.yaml');
  const writing = await startWriting(office);
  const sizes: number[] = [];
  for (const workers of ['1', '2', '1', '2']) {
    sizes.push(await verifiedSize(office, '--workers', workers));
  }
  expect(sizes).toEqual(sizes.toSorted((one, other) => one - other));
  expect(new Set(sizes).size).toBe(sizes.length);
  writing.kill('SIGKILL');
});

test('a copy of the whole folder is verified like the journal itself', async () => {
  const office = await openOffice({ files });
  await office.run('exec', './one.yaml');
  const size = await verifiedSize(office);
  const copy = join(office.dir, 'copy');
  cpSync(join(office.dir, 'state'), copy, { recursive: true });
  rmSync(join(office.dir, 'state'), { recursive: true });
  cpSync(copy, join(office.dir, 'state'), { recursive: true });
  expect(await verifiedSize(office)).toBe(size);
});
