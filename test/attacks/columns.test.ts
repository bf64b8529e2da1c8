import type Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { RunbookError } from '../../src/base/errors.ts';
import { verify } from '../audit/court.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { byHand } from './journal-by-hand.ts';

const gated = `
name: gated
steps:
  - { id: restart, privileged: true, run: echo done, outputs: { said: stdout } }
`;

/** One whole run under an approval. */
async function openDone(): Promise<Scene> {
  const scene = openScene({ runbook: gated });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  return scene;
}

/** Codes that are found, or that keep the journal from being verified at all. */
async function found(scene: Scene): Promise<readonly string[]> {
  return verify(scene).then(
    ({ exit_code, findings }) => (exit_code === 14 ? findings.map(({ code }) => code) : []),
    (error: unknown) => (error instanceof RunbookError ? [error.code] : [String(error)]),
  );
}

/** The value with one of its bits the other way. */
function flip(value: unknown): Buffer | string {
  const bytes = Buffer.isBuffer(value) ? Buffer.from(value) : Buffer.from(String(value));
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return Buffer.isBuffer(value) ? bytes : bytes.toString('latin1');
}

/** Flips one bit of a column in the rows that `where` names. */
function flipColumn(db: Sqlite.Database, table: string, column: string, where: string): void {
  const rows = db
    .prepare(`select rowid as id, ${column} as value from ${table} where ${where}`)
    .all() as { id: number; value: unknown }[];
  expect(rows.length).toBeGreaterThan(0);
  for (const { id, value } of rows) {
    db.prepare(`update ${table} set ${column} = ? where rowid = ?`).run(flip(value), id);
  }
}

describe('one bit the other way', () => {
  test('in any entry is found, and named by its index', async () => {
    const scene = await openDone();
    const { size } = await scene.engine().store.head();
    for (let seq = 0; seq < size; seq += 1) {
      const before = byHand(scene, (db) => {
        const row = db.prepare('select bytes from entries where seq = ?').get(seq);
        flipColumn(db, 'entries', 'bytes', `seq = ${seq}`);
        return (row as { bytes: Buffer }).bytes;
      });
      const codes = await found(scene);
      expect(codes.length, `entry ${seq}`).toBeGreaterThan(0);
      byHand(scene, (db) =>
        db.prepare('update entries set bytes = ? where seq = ?').run(before, seq),
      );
    }
    expect(await found(scene)).toEqual([]);
  });

  test.each([
    ['entries', 'key_id', 'signature is not null'],
    ['entries', 'signature', 'signature is not null'],
    ['log', 'origin', '1'],
    ['head', 'peaks', '1'],
  ])('in %s.%s is found', async (table, column, where) => {
    const scene = await openDone();
    const whole = await scene.engine().store.entries(0, 1000);
    expect(whole.length).toBeGreaterThan(5);
    byHand(scene, (db) => flipColumn(db, table, column, where));
    await scene.restart();
    expect(await found(scene)).not.toEqual([]);
  });

  test('in the signature of any one head is found, and named by its index', async () => {
    const scene = await openDone();
    const signed = byHand(scene, (db) =>
      db.prepare('select seq, signature from entries where signature is not null').all(),
    ) as { seq: number; signature: Buffer }[];
    for (const { seq, signature } of signed) {
      byHand(scene, (db) => flipColumn(db, 'entries', 'signature', `seq = ${seq}`));
      const { findings, exit_code } = await verify(scene);
      expect(exit_code).toBe(14);
      expect(findings.map(({ code, index }) => ({ code, index }))).toContainEqual({
        code: 'E_STH_SIG',
        index: seq,
      });
      byHand(scene, (db) =>
        db.prepare('update entries set signature = ? where seq = ?').run(signature, seq),
      );
    }
    expect(await found(scene)).toEqual([]);
  });
});

test('several wrong entries are all named, and so are bytes appended behind one', async () => {
  const scene = await openDone();
  byHand(scene, (db) => {
    for (const seq of [2, 4, 5]) {
      db.prepare("update entries set bytes = cast(bytes || '{}' as blob) where seq = ?").run(seq);
    }
    db.prepare('delete from entries where seq in (6, 7)').run();
  });
  const { findings } = await verify(scene);
  const named = findings.filter(({ code }) => code === 'E_LEAF' || code === 'E_SEQ');
  expect(named.map(({ code, index }) => [code, index])).toEqual([
    ['E_LEAF', 2],
    ['E_LEAF', 4],
    ['E_LEAF', 5],
    ['E_SEQ', 6],
  ]);
});
