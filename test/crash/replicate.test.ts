import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { getCursor } from '../../src/engine/replicate/cursor.ts';
import { syncAll } from '../../src/engine/replicate/sync-all.ts';
import type { Store } from '../../src/store/store.ts';
import { aFarSide, down, type FarSide, type Mood } from '../engine/replicate-far-side.ts';
import { Stopped } from '../support/crashing-store.ts';
import { openScene, type Scene } from '../support/scene.ts';

interface Stop {
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** A store that is gone at its nth call of whichever kind, before it did anything or after. */
function stoppingStore(
  store: Store,
  stop: Stop,
): { readonly store: Store; stopped: () => boolean } {
  let calls = 0;
  const stopped = (): boolean => calls >= stop.call;
  const proxy = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') {
        return member;
      }
      return async (...args: readonly unknown[]): Promise<unknown> => {
        calls += 1;
        const isLast = calls === stop.call;
        if (calls > stop.call || (isLast && stop.when === 'before')) {
          throw new Stopped(`at call ${calls}, \`${String(name)}\``);
        }
        const answer: unknown = await Reflect.apply(member, target, args);
        if (isLast) {
          throw new Stopped(`after call ${calls}, \`${String(name)}\``);
        }
        return answer;
      };
    },
  });
  return { store: proxy, stopped };
}

let grown = 0;

async function grow({ store }: Engine, entries: number): Promise<void> {
  for (let each = 0; each < entries; each += 1) {
    grown += 1;
    const data = {
      sink: 'none',
      kind: 'file',
      since: '',
      acknowledged: grown,
      why: 'to have entries',
    };
    await store.commit({
      run: null,
      expectedVersion: null,
      commandId: `grow.${grown}`,
      events: [{ type: 'sink.gap', data }],
    });
  }
}

async function sync(engine: Engine, { sink }: FarSide): Promise<string | null> {
  const options = { sinks: [sink], withinMs: 2000, confirm: true, retry: false };
  // What syncAll itself reads of the journal may be what is gone.
  const [standing] = await syncAll(engine, options).catch(() => []);
  return standing?.trouble?.code ?? null;
}

/** What the far side has is the beginning of the journal, in its order, with nothing missing. */
async function expectPrefix({ store }: Engine, { entries }: FarSide): Promise<void> {
  const ours = await store.entries(0, entries.length);
  expect(ours.map(({ bytes }) => bytes.toString())).toEqual(
    entries.map((bytes) => bytes.toString()),
  );
}

async function expectWhole(engine: Engine, far: FarSide): Promise<void> {
  far.before = () => null;
  far.after = () => null;
  expect(await sync(engine, far)).toBeNull();
  await expectPrefix(engine, far);
  const { size } = await engine.store.head();
  expect(far.entries).toHaveLength(size);
  expect(await getCursor(engine.store, 'vault')).toMatchObject({ size, failing: null });
}

test('stopped at any call of the store, a sink misses nothing and gets nothing out of order', async () => {
  for (let call = 1, stopped = true; stopped; call += 1) {
    for (const when of ['before', 'after'] as const) {
      const far = aFarSide();
      const scene = openScene({ runbook: '' });
      await grow(scene.engine(), 8);
      const stopping = stoppingStore(scene.engine().store, { call, when });
      await sync(scene.engine(stopping.store), far);
      stopped = stopping.stopped();
      await expectPrefix(scene.engine(), far);
      await grow(scene.engine(), 2);
      await expectWhole(scene.engine(), far);
      await scene.restart();
    }
  }
}, 60_000);

type Deed = (scene: Scene, far: FarSide) => Promise<unknown>;

const onceIn = (turns: number, mood: Mood): Mood => {
  let turn = 0;
  return (...of) => {
    turn += 1;
    return turn % turns === 0 ? mood(...of) : null;
  };
};

const syncWith =
  (before: Mood, after: Mood): Deed =>
  async (scene, far) => {
    far.before = before;
    far.after = after;
    await sync(scene.engine(), far);
  };

const calm: Mood = () => null;

const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  fc.integer({ min: 1, max: 5 }).map(
    (entries): Deed =>
      (scene) =>
        grow(scene.engine(), entries),
  ),
  fc.constant(syncWith(calm, calm)),
  fc.integer({ min: 1, max: 3 }).map((turns) => syncWith(onceIn(turns, down), calm)),
  fc.integer({ min: 1, max: 3 }).map((turns) => syncWith(calm, onceIn(turns, down))),
  fc.constant(syncWith(() => ({ elsewhere: null }), calm)),
  fc.nat({ max: 9 }).map(
    (to): Deed =>
      async (_scene, far) =>
        far.lose(to),
  ),
  fc.nat({ max: 9 }).map(
    (to): Deed =>
      syncOnce((far) => {
        far.lose(to);
      }),
  ),
  fc.constantFrom(null, '{', '{"size":3}').map(
    (note): Deed =>
      (scene) =>
        scene.engine().store.putNote('sinks', 'vault', note),
  ),
  fc
    .record({ call: fc.integer({ min: 1, max: 30 }), when: fc.constantFrom('before', 'after') })
    .map(
      (stop): Deed =>
        async (scene, far) => {
          far.before = calm;
          far.after = calm;
          await sync(scene.engine(stoppingStore(scene.engine().store, stop).store), far);
        },
    ),
  fc.constant<Deed>((scene) => scene.restart()),
);

/** It loses what it had just when it is sent something. */
function syncOnce(lose: (far: FarSide) => void): Deed {
  return (scene, far) =>
    syncWith(
      onceIn(2, () => {
        lose(far);
        return null;
      }),
      calm,
    )(scene, far);
}

test('whatever is lost, torn or stopped on the way, in the end the other side has it all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyDeed, { maxLength: 12 }), async (deeds) => {
      const far = aFarSide();
      const scene = openScene({ runbook: '' });
      for (const deed of deeds) {
        await deed(scene, far);
        await expectPrefix(scene.engine(), far);
      }
      await expectWhole(scene.engine(), far);
      await scene.restart();
    }),
    { numRuns: 40 },
  );
}, 120_000);

test('two processes that sync at the same time, one of them stopped, leave nothing behind', async () => {
  for (let call = 3; call < 15; call += 3) {
    const far = aFarSide();
    const scene = openScene({ runbook: '' });
    await grow(scene.engine(), 8);
    const other = scene.openStore();
    onTestFinished(() => other.close());
    const stopping = stoppingStore(other, { call, when: 'after' });
    await Promise.all([sync(scene.engine(), far), sync(scene.engine(stopping.store), far)]);
    await expectWhole(scene.engine(), far);
    await scene.restart();
  }
}, 60_000);
