import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { recordedOf } from '../../src/run/recorded.ts';
import { openScene, type Scene } from '../support/scene.ts';

const runbook = `name: deploy
steps:
  - { id: restart, privileged: true, exec: [echo, restarted] }
`;

/** Makes an entry a mere hash, as somebody could who may write to the database and has no key. */
function hide(scene: Scene, seq: number, hash: string): void {
  const db = new Sqlite(join(scene.state, 'journal.sqlite'));
  try {
    db.prepare(
      `insert into pruned (seq, hash, run, time, key_id, signature)
       select seq, ?, null, '2026-01-01T00:00:00.000Z', key_id, signature from entries where seq = ?`,
    ).run(Buffer.from(hash, 'hex'), seq);
    db.prepare('delete from entries where seq = ?').run(seq);
    db.prepare('delete from events where seq = ?').run(seq);
    db.prepare('update requests set open = 1').run();
  } finally {
    db.close();
  }
}

/** A request that robin rejected, and the rejection hidden. */
async function hiddenRejection(): Promise<{ scene: Scene; run: string; seq: number }> {
  const scene = openScene({ runbook });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'reject');
  const token = { holder: { kind: 'person', id: 'ana' }, scopes: ['read'], label: null } as const;
  // Something that comes after it, on which the next entry can follow.
  await scene.service().issueToken({ ...token, expiresInMs: 60_000 });
  const entries = (await scene.engine().store.loadRun(run)).map(recordedOf);
  const rejection = entries.find(({ event }) => event.type === 'approval.decided');
  hide(scene, rejection?.seq ?? -1, rejection?.hash ?? '');
  return { scene, run, seq: rejection?.seq ?? -1 };
}

describe('a rejection that was made a mere hash', () => {
  test('lets nothing run: its hash proves that it was there, and no entry says that it may be gone', async () => {
    const { scene, run } = await hiddenRejection();
    await scene.restart();
    await expect(scene.decide(scene.people.kim, 'approve')).rejects.toMatchObject({
      code: 'E_SEQ',
    });
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'E_SEQ' });
    const entries = (await scene.engine().store.entries(0, 1000)).map(recordedOf);
    expect(entries.filter(({ event }) => event.type === 'step.started')).toEqual([]);
  });

  test('is found by verify, at its index', async () => {
    const { scene, seq } = await hiddenRejection();
    const { findings, exit_code } = await scene
      .service()
      .verify({ receipts: [], pins: [], progress: () => undefined });
    expect(exit_code).toBe(14);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'E_SEQ', index: seq }));
  });
});
