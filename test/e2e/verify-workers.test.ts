import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openOffice } from '../support/cli.ts';
import { verifyJson } from '../support/cli-schema.ts';

const steps = Array.from({ length: 60 }, (_, at) => `  - { id: s${at}, run: ":" }`);
const files = { 'many.yaml': `name: many\nsteps:\n${steps.join('\n')}\n` };

test('however many threads read, the journal is judged alike, whole and damaged', async () => {
  const office = await openOffice({ files });
  await office.run('exec', './many.yaml');
  const verdictOf = async (workers: string) =>
    (await office.json(verifyJson, 'audit', 'verify', '--workers', workers)).body;
  const whole = await verdictOf('1');
  expect(whole.exit_code).toBe(0);
  expect(await verdictOf('3')).toEqual(whole);

  const db = new Sqlite(join(office.dir, 'state', 'journal.sqlite'));
  db.exec('drop trigger entries_stay');
  for (const seq of [7, 8, 100]) {
    db.prepare("update entries set bytes = cast(bytes || x'20' as blob) where seq = ?").run(seq);
  }
  db.prepare(
    `update entries set bytes = cast(replace(bytes, '"attempt":1', '"attempt":2') as blob) where seq = 30`,
  ).run();
  db.close();
  const damaged = await verdictOf('1');
  expect(damaged.exit_code).toBe(14);
  const unreadable = damaged.findings.filter(({ code }) => code === 'E_LEAF');
  expect(unreadable.map(({ index }) => index)).toEqual([7, 8, 100]);
  expect(await verdictOf('3')).toEqual(damaged);
});

test('a number of threads that makes no sense is refused', async () => {
  const office = await openOffice({ files });
  for (const workers of ['0', '-1', '1.5', 'many', '65']) {
    const { exitCode, stderr } = await office.run('audit', 'verify', `--workers=${workers}`);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
  }
});
