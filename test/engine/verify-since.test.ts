import { expect, test } from 'vitest';
import type { VerifyInput, VerifyReport } from '../../src/engine/verify.ts';
import { byHand, entryAt, setEntry } from '../attacks/journal-by-hand.ts';
import { say } from '../audit/court.ts';
import { anEntry } from '../support/an-entry.ts';
import { openScene, type Scene } from '../support/scene.ts';

const gated = `
name: gated
steps:
  - { id: restart, privileged: true, run: "true" }
`;

/** A journal with one approved run and then so many entries of no run, each under its own head. */
async function openLong(more: number): Promise<Scene> {
  const scene = openScene({ runbook: gated });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  for (let at = 0; at < more; at += 1) {
    await say({ scene, run: null as never }, anEntry('a', at));
  }
  return scene;
}

function verify(scene: Scene, since: VerifyInput['since']): Promise<VerifyReport> {
  const nothing = { receipts: [], pins: [], progress: () => undefined };
  return scene.service().verify({ ...nothing, since: since ?? null });
}

function verdict(report: VerifyReport, name: string): VerifyReport['verdicts'][number] | undefined {
  return report.verdicts.find((each) => each.name === name);
}

test('from a head that the auditor kept only later entries are read, and the journal is held to it', async () => {
  const scene = await openLong(10);
  const { store } = scene.engine();
  const kept = await store.head();
  for (let at = 10; at < 40; at += 1) {
    await say({ scene, run: null as never }, anEntry('a', at));
  }
  const report = await verify(scene, { file: 'kept.note', text: kept.note });
  expect(report).toMatchObject({ findings: [], exit_code: 0 });
  expect(verdict(report, 'integrity')?.anchor).toContain(
    `only entries from ${kept.size} on were read`,
  );
  expect(verdict(report, 'completeness')?.anchor).toContain('kept.note');
  expect(verdict(report, 'authorization')).toMatchObject({
    ok: null,
    anchor: `not judged: entries before ${kept.size} were not read`,
  });
});

test('every size at which a head stands is one to go on from', async () => {
  const scene = await openLong(20);
  const { size } = await scene.engine().store.head();
  for (let since = 1; since <= size; since += 1) {
    expect(await verify(scene, since), `since ${since}`).toMatchObject({
      findings: [],
      exit_code: 0,
    });
  }
});

test('an entry altered behind the head shows, one before it does not and nothing says that it would', async () => {
  const scene = await openLong(20);
  const { size } = await scene.engine().store.head();
  const change = (seq: number): void =>
    byHand(scene, (db) => setEntry(db, seq, entryAt(db, seq).replace('xxx', 'yyy')));
  change(size - 15);
  expect(await verify(scene, size - 10)).toMatchObject({ findings: [], exit_code: 0 });
  change(size - 5);
  const report = await verify(scene, size - 10);
  expect(report.exit_code).toBe(14);
  expect(report.findings[0]).toMatchObject({ code: 'E_STH_SIG', index: size - 5 });
});

test('a head of another history is refused, and so is one of more entries than there are', async () => {
  const [scene, other] = [await openLong(5), await openLong(5)];
  const { note } = await other.engine().store.head();
  const foreign = { file: 'other.note', text: note };
  await expect(verify(scene, foreign)).rejects.toMatchObject({ exitCode: 14 });
  const newest = await scene.engine().store.head();
  await say({ scene, run: null as never }, anEntry('a', 99));
  const ahead = await scene.engine().store.head();
  byHand(scene, (db) => db.prepare('delete from entries where seq >= ?').run(newest.size));
  await scene.engine().store.rebuild(() => undefined);
  const since = { file: 'ahead.note', text: ahead.note };
  await expect(verify(scene, since)).rejects.toMatchObject({ code: 'E_TRUNCATED' });
});

test('there is no head of no entries', async () => {
  await expect(verify(await openLong(1), 0)).rejects.toMatchObject({ code: 'since_unknown' });
});

test('more entries than there are is not a place to go on from', async () => {
  const scene = await openLong(1);
  const { size } = await scene.engine().store.head();
  await expect(verify(scene, size + 1)).rejects.toMatchObject({
    code: 'since_too_new',
    exitCode: 2,
    message: `\`--since ${size + 1}\` is behind the end: the journal has ${size} entries`,
  });
});

test('a file that is no signed head is named', async () => {
  const since = { file: 'lines.jsonl', text: '{"some":"json"}\n' };
  await expect(verify(await openLong(1), since)).rejects.toMatchObject({
    code: 'since_unreadable',
    exitCode: 2,
    message: '`lines.jsonl` is not a signed head',
  });
});
