import { array, assert, asyncProperty, constantFrom } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/base/ids.ts';
import { appendHash, emptyHashList, hashAt } from '../../src/engine/proof/hash-list.ts';
import { proveRun } from '../../src/engine/proof/prove-run.ts';
import { ProvenLog } from '../../src/engine/proof/proven-log.ts';
import type { Store } from '../../src/store/store.ts';
import { byHand, entryAt, newest, setEntry } from '../attacks/journal-by-hand.ts';
import { openScene, type Scene } from '../support/scene.ts';

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: "true"
`;

async function someRuns(scene: Scene, count: number): Promise<readonly RunId[]> {
  const runs: RunId[] = [];
  for (let index = 0; index < count; index += 1) {
    runs.push((await scene.exec()).run);
  }
  return runs;
}

/** A store that notes which entries are read. */
function watched(store: Store): { readonly store: Store; readonly read: number[] } {
  const read: number[] = [];
  const seen = new Proxy(store, {
    get(target, name) {
      if (name === 'entries') {
        return async (from: number, to: number) => {
          const entries = await store.entries(from, to);
          read.push(...entries.map(({ seq }) => seq));
          return entries;
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return { store: seen, read };
}

describe('a log that remembers', { timeout: 60_000 }, () => {
  test('says in any order of asking what one says that remembers nothing', async () => {
    const scene = openScene({ runbook: gated });
    const runs = await someRuns(scene, 5);
    const { store } = scene.engine();
    const { size } = await store.head();
    const asked = array(constantFrom(...runs), { minLength: 1, maxLength: 8 });
    await assert(
      asyncProperty(asked, async (order) => {
        const remembering = new ProvenLog(store);
        for (const run of order) {
          const known = await remembering.prove(run);
          const fresh = await new ProvenLog(store).prove(run);
          expect(known.entries).toEqual(fresh.entries);
          expect(known.head).toEqual(fresh.head);
          const first = known.entries[0]?.seq ?? 0;
          for (let at = first + 1; at <= size; at += 1) {
            expect(known.rootAt(at)).toEqual(fresh.rootAt(at));
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('answers the root that was signed at every size, and none beyond', async () => {
    const scene = openScene({ runbook: gated });
    const [run = ''] = await someRuns(scene, 3);
    const { store } = scene.engine();
    const { rootAt, head } = await new ProvenLog(store).prove(run as RunId);
    const signed = await store.headAt(head.size - 1);
    expect(rootAt(head.size)).toEqual(head.root);
    expect(signed === null ? null : rootAt(signed.size)).toEqual(signed?.root ?? null);
    expect(rootAt(head.size + 1)).toBeNull();
  });

  test('reads what is new, and of the rest the entries of the run alone', async () => {
    const scene = openScene({ runbook: gated });
    const runs = await someRuns(scene, 4);
    const { store, read } = watched(scene.engine().store);
    const log = new ProvenLog(store);
    for (const run of runs) {
      await log.prove(run);
    }
    read.length = 0;
    const { size } = await store.head();
    await scene.exec();
    const { entries } = await log.prove(runs[1] as RunId);
    const added = (await store.head()).size - size;
    expect(read).toHaveLength(added + entries.length);
  });

  test('keeps one order among those who ask at once', async () => {
    const scene = openScene({ runbook: gated });
    const runs = await someRuns(scene, 3);
    const { store } = scene.engine();
    const log = new ProvenLog(store);
    const asking = [...runs, ...runs].map((run) => log.prove(run));
    await scene.exec();
    const proven = await Promise.all([...asking, ...runs.map((run) => log.prove(run))]);
    expect(proven).toHaveLength(9);
  });

  test('takes a row for itself in compact lists', () => {
    const list = emptyHashList();
    for (let index = 0; index < 1000; index += 1) {
      appendHash(list, Buffer.alloc(32, index % 251));
    }
    expect(hashAt(list, 999)).toEqual(Buffer.alloc(32, 999 % 251));
    expect(hashAt(list, 1000)).toBeNull();
    expect(hashAt(list, -1)).toBeNull();
    expect(list.bytes.length).toBeLessThan(1000 * 32 * 1.6);
  });
});

describe('a journal that is changed under a process that has proven it', {
  timeout: 60_000,
}, () => {
  test('is refused where it was put back to an older state', async () => {
    const scene = openScene({ runbook: gated });
    const [run = '' as RunId] = await someRuns(scene, 2);
    const engine = scene.engine();
    const { head } = await proveRun(engine, run);
    byHand(scene, (db) => db.prepare('delete from entries where seq >= ?').run(head.size - 1));
    await engine.store.rebuild(() => undefined);
    await expect(proveRun(engine, run)).rejects.toMatchObject({ code: 'E_ROLLBACK', exitCode: 14 });
  });

  test('is refused where the run has another entry now', async () => {
    const scene = openScene({ runbook: gated });
    const [run = '' as RunId] = await someRuns(scene, 1);
    const engine = scene.engine();
    await proveRun(engine, run);
    byHand(scene, (db) => {
      const seq = newest(db, 'approval.requested');
      setEntry(db, seq, entryAt(db, seq).replace(/"unused_ms":\d+/, '"unused_ms":99999999'));
    });
    await expect(proveRun(engine, run)).rejects.toMatchObject({ code: 'E_FORK' });
  });

  test('is refused where an entry of the run is gone', async () => {
    const scene = openScene({ runbook: gated });
    const [run = '' as RunId] = await someRuns(scene, 1);
    const engine = scene.engine();
    await proveRun(engine, run);
    byHand(scene, (db) =>
      db.prepare('delete from entries where seq = ?').run(newest(db, 'run.started')),
    );
    await expect(proveRun(engine, run)).rejects.toMatchObject({ exitCode: 14 });
  });

  test('is refused where what came before the proven part does not lead to it', async () => {
    const scene = openScene({ runbook: gated });
    const [earlier = '' as RunId, later = '' as RunId] = await someRuns(scene, 2);
    const engine = scene.engine();
    await proveRun(engine, later);
    byHand(scene, (db) => {
      const { seq } = db
        .prepare("select min(seq) as seq from events where type = 'approval.requested'")
        .get() as {
        seq: number;
      };
      setEntry(db, seq, entryAt(db, seq).replace(/"unused_ms":\d+/, '"unused_ms":99999999'));
    });
    await expect(proveRun(engine, earlier)).rejects.toMatchObject({ code: 'E_FORK' });
    // What was proven before stands.
    await expect(proveRun(engine, later)).resolves.toMatchObject({ state: { run: later } });
  });

  test('has an entry hidden from the index found all the same', async () => {
    const scene = openScene({ runbook: gated });
    const [run = '' as RunId] = await someRuns(scene, 1);
    const engine = scene.engine();
    const before = await proveRun(engine, run);
    await scene.decide(scene.people.robin, 'reject');
    byHand(scene, (db) =>
      db.prepare('update events set run = null where seq = ?').run(newest(db, 'approval.decided')),
    );
    const { entries } = await proveRun(engine, run);
    expect(entries).toHaveLength(before.entries.length + 1);
  });
});
