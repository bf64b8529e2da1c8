import { describe, expect, onTestFinished, test } from 'vitest';
import { getCursor, putCursor, start } from '../../src/engine/replicate/cursor.ts';
import { type SyncOptions, syncAll } from '../../src/engine/replicate/sync-all.ts';
import { emptyRoot } from '../../src/journal/merkle.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { type Sink, SinkConflict } from '../../src/sinks/sink.ts';
import type { Store } from '../../src/store/store.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { aFarSide, down, type FarSide, hanging } from './replicate-far-side.ts';

interface Desk {
  readonly scene: Scene;
  readonly far: FarSide;
  readonly warnings: string[];
  readonly store: () => Store;
  readonly sync: (
    more?: Partial<SyncOptions>,
  ) => Promise<{ readonly code: string | null; readonly message: string; readonly size: number }>;
  readonly grow: (entries?: number) => Promise<number>;
}

function aDesk(more: Partial<Sink> = {}): Desk {
  const far = aFarSide(more);
  const warnings: string[] = [];
  const scene = openScene({ runbook: '', sinks: [far.sink], warn: (line) => warnings.push(line) });
  let grown = 0;
  return {
    scene,
    far,
    warnings,
    store: () => scene.engine().store,
    sync: async (given = {}) => {
      const options = { withinMs: 5000, confirm: false, retry: false, ...given };
      const [standing] = await syncAll(scene.engine(), { sinks: [far.sink], ...options });
      return {
        code: standing?.trouble?.code ?? null,
        message: standing?.trouble?.message ?? '',
        size: standing?.cursor.size ?? -1,
      };
    },
    grow: async (entries = 1) => {
      for (let each = 0; each < entries; each += 1) {
        grown += 1;
        await grow(scene, grown);
      }
      return (await scene.engine().store.head()).size;
    },
  };
}

async function grow(scene: Scene, nth: number): Promise<void> {
  const data = { sink: 'none', kind: 'file', since: '', acknowledged: nth, why: 'to have entries' };
  await scene.engine().store.commit({
    run: null,
    expectedVersion: null,
    commandId: `grow.${nth}`,
    events: [{ type: 'sink.gap', data }],
  });
}

async function gapsIn(scene: Scene): Promise<readonly string[]> {
  const { store } = scene.engine();
  const { size } = await store.head();
  return (await store.entries(0, size))
    .map(recordedOf)
    .flatMap(({ event }) =>
      event.type === 'sink.gap' && event.data.sink === 'vault' ? event.data.since : [],
    );
}

async function sameAsOurs({ far, store }: Desk): Promise<boolean> {
  const { size } = await store().head();
  const ours = await store().entries(0, size);
  return (
    ours.length === far.entries.length &&
    ours.every(({ bytes, seq }) => far.entries[seq]?.equals(bytes) === true)
  );
}

describe('a sink', () => {
  test('catches up in pieces, in order, and remembers its place between them', async () => {
    const desk = aDesk();
    const size = await desk.grow(10);
    const seen: number[] = [];
    const progress: SyncOptions['progress'] = (_sink, acknowledged) => seen.push(acknowledged);
    expect(await desk.sync({ progress })).toMatchObject({ code: null, size });
    expect(await sameAsOurs(desk)).toBe(true);
    expect(desk.far.deliveries.every(({ from, size }) => size - from <= 3)).toBe(true);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(seen.at(-1)).toBe(size);
  });

  test('is sent nothing twice while its place is known', async () => {
    const desk = aDesk();
    await desk.grow(4);
    await desk.sync();
    const before = desk.far.deliveries.length;
    await desk.sync();
    expect(desk.far.deliveries).toHaveLength(before);
  });

  test('whose acknowledgement proves itself has its evidence kept', async () => {
    const desk = aDesk();
    const size = await desk.grow(2);
    await desk.sync();
    const anchors = await desk.store().anchors(size, size + 1);
    expect(anchors).toMatchObject([{ by: 'vault', kind: 'copy', evidence: `kept ${size}` }]);
  });

  test.each([
    ['lost', null],
    ['damaged', '{"size":'],
    ['of another form', '{"size": "3"}'],
    ['of another journal', JSON.stringify({ ...start, size: 3, root: 'AAAA' })],
    ['beyond this journal', JSON.stringify({ ...start, size: 999 })],
  ])('is asked where it stands when our note of it is %s', async (_what, note) => {
    const desk = aDesk();
    await desk.grow(5);
    await desk.sync();
    const sent = desk.far.deliveries.length;
    await desk.grow();
    await desk.store().putNote('sinks', 'vault', note);
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
    expect(desk.far.deliveries.length).toBe(sent + 1);
  });

  test('that does not say where it stands is told everything again', async () => {
    const desk = aDesk();
    await desk.grow(5);
    await desk.sync();
    await desk.store().putNote('sinks', 'vault', null);
    desk.far.head = async () => null;
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
  });

  test('that stands elsewhere is sent what it lacks', async () => {
    const desk = aDesk();
    await desk.grow(8);
    await desk.sync();
    desk.far.lose(4);
    await desk.grow();
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
    expect(desk.warnings).toEqual([
      expect.stringMatching(/sink `vault` had acknowledged \d+ entries, and now has 4/),
    ]);
  });

  test('that lost everything without a word is found out by whoever asks it to confirm', async () => {
    const desk = aDesk();
    await desk.grow(4);
    await desk.sync();
    desk.far.lose(2);
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(false);
    expect(await desk.sync({ confirm: true })).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
  });
});

describe('a mean sink', () => {
  test('that never stands where it says ends, and is no acknowledgement', async () => {
    const desk = aDesk();
    await desk.grow(5);
    const early = await desk.store().headUpTo(2);
    let turn = 0;
    desk.far.before = () => {
      turn += 1;
      return { elsewhere: turn % 2 === 0 ? early : null };
    };
    expect(await desk.sync()).toMatchObject({ code: 'sink_answer' });
    expect(desk.far.deliveries.length).toBeLessThan(6);
  });

  test('that loses whatever it acknowledged, again and again, ends too', async () => {
    const desk = aDesk();
    await desk.grow(9);
    desk.far.before = ({ from }) => {
      desk.far.lose(from > 3 ? 1 : from);
      return null;
    };
    expect(await desk.sync()).toMatchObject({ code: 'sink_answer' });
    desk.far.before = () => null;
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
  });

  test('that acknowledges nothing new is not believed to have it', async () => {
    const desk = aDesk();
    await desk.grow(5);
    desk.far.before = () => ({ size: 0, root: emptyRoot(), anchor: null });
    expect(await desk.sync()).toMatchObject({ code: 'sink_answer', size: 0 });
  });

  test('that lies about the root it has is a fork', async () => {
    const desk = aDesk();
    await desk.grow(5);
    desk.far.before = ({ head }) => ({ size: head.size, root: Buffer.alloc(32, 7), anchor: null });
    expect(await desk.sync()).toMatchObject({ code: 'E_FORK', size: 0 });
    expect(await desk.store().anchors(0, 99)).toEqual([]);
  });

  test('that has more than this journal means that it was put back', async () => {
    const desk = aDesk();
    await desk.grow(3);
    await desk.sync();
    const { size } = desk.far.stands();
    desk.far.head = async () => ({ size: size + 7, root: Buffer.alloc(32, 7) });
    expect(await desk.sync({ confirm: true })).toMatchObject({ code: 'E_ROLLBACK' });
    expect(await desk.sync({ confirm: true })).toMatchObject({
      message: `sink \`vault\`: it has ${size + 7} entries, and this journal ${size}`,
    });
  });

  test('cannot take a conflict back by saying nothing', async () => {
    const desk = aDesk();
    await desk.grow(3);
    await desk.sync();
    desk.far.head = async () => ({ size: 99, root: Buffer.alloc(32, 7) });
    await desk.sync({ confirm: true });
    desk.far.head = async () => null;
    expect(await desk.sync({ confirm: true })).toMatchObject({ code: 'E_ROLLBACK' });
    desk.far.head = down;
    await desk.sync({ confirm: true });
    expect((await getCursor(desk.store(), 'vault'))?.conflict).toMatchObject({ size: 99 });
    desk.far.head = async () => desk.far.stands();
    expect(await desk.sync({ confirm: true })).toMatchObject({ code: null });
    expect((await getCursor(desk.store(), 'vault'))?.conflict).toBeNull();
  });

  test('that calls a head of this very journal another history is asked again, then believed', async () => {
    const desk = aDesk();
    await desk.grow(5);
    let refusals = 1;
    desk.far.before = () => {
      refusals -= 1;
      if (refusals >= 0) {
        const theirs = { size: 0, root: emptyRoot(), note: null };
        throw new SinkConflict('E_FORK', { sink: 'vault', message: 'not mine', theirs });
      }
      return null;
    };
    expect(await desk.sync()).toMatchObject({ code: 'E_FORK', message: 'sink `vault`: not mine' });
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
  });

  test('that hangs and ignores its signal holds up nobody beyond the deadline', async () => {
    const desk = aDesk();
    await desk.grow(3);
    desk.far.before = hanging;
    expect(await desk.sync({ withinMs: 50 })).toMatchObject({ code: 'sink_slow' });
    desk.far.before = () => null;
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
  });

  test('is no trouble of another', async () => {
    const desk = aDesk();
    const other = aFarSide({ name: 'other' });
    desk.far.before = hanging;
    const size = await desk.grow(3);
    const options = { sinks: [desk.far.sink, other.sink], withinMs: 100 };
    const standings = await syncAll(desk.scene.engine(), {
      ...options,
      confirm: false,
      retry: false,
    });
    expect(standings.map(({ trouble }) => trouble?.code ?? null)).toEqual(['sink_slow', null]);
    expect(other.entries).toHaveLength(size);
  });

  test('that flaps is tried again until it has everything', async () => {
    const desk = aDesk();
    await desk.grow(6);
    let tries = 0;
    desk.far.before = () => {
      tries += 1;
      return tries < 3 ? down() : null;
    };
    expect(await desk.sync({ retry: true })).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
    expect((await getCursor(desk.store(), 'vault'))?.failing).toBeNull();
  });

  test('that takes everything and loses the acknowledgement is sent nothing out of order', async () => {
    const desk = aDesk();
    await desk.grow(4);
    desk.far.after = down;
    expect(await desk.sync()).toMatchObject({ code: 'sink_failed' });
    desk.far.after = () => null;
    expect(await desk.sync()).toMatchObject({ code: null });
    expect(await sameAsOurs(desk)).toBe(true);
  });
});

describe('an outage', () => {
  test('is recorded once, after ten minutes, until something is acknowledged', async () => {
    const desk = aDesk();
    await desk.grow(2);
    desk.far.before = down;
    await desk.sync();
    expect(await gapsIn(desk.scene)).toEqual([]);
    desk.scene.clock.shift(11 * 60_000);
    await desk.sync();
    await desk.sync();
    expect(await gapsIn(desk.scene)).toHaveLength(1);
    desk.far.before = () => null;
    await desk.sync();
    desk.far.before = down;
    await desk.grow();
    await desk.sync();
    desk.scene.clock.shift(11 * 60_000);
    await desk.sync();
    expect(await gapsIn(desk.scene)).toHaveLength(2);
  });

  test('does not end because the sink says where it stands', async () => {
    const desk = aDesk();
    await desk.grow(5);
    desk.far.before = down;
    await desk.sync();
    const since = (await getCursor(desk.store(), 'vault'))?.failing?.since;
    desk.far.before = () => ({ elsewhere: null });
    await desk.sync();
    expect((await getCursor(desk.store(), 'vault'))?.failing?.since).toBe(since);
  });
});

describe('two who talk to one sink', () => {
  test('take turns, also within a process, and whoever waits sees that the other got far enough', async () => {
    const desk = aDesk();
    await desk.grow(9);
    let inside = 0;
    let most = 0;
    desk.far.before = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      inside -= 1;
      return null;
    };
    const all = await Promise.all([desk.sync(), desk.sync(), desk.sync()]);
    expect(all.map(({ code }) => code)).toEqual([null, null, null]);
    expect(most).toBe(1);
    expect(await sameAsOurs(desk)).toBe(true);
  });

  test('in two processes wait for each other no longer than their deadline', async () => {
    const desk = aDesk();
    await desk.grow(2);
    const store = desk.scene.openStore();
    onTestFinished(() => store.close());
    const other = { host: 'elsewhere', pid: 1, boot: '', startTime: 'x' };
    const { wallMs } = desk.scene.clock.now();
    const holder = { ...other, since: new Date(wallMs).toISOString() };
    await store.takeHold('sink:vault', holder, () => true);
    expect(await desk.sync({ withinMs: 150 })).toMatchObject({ code: 'sink_slow' });
    expect(desk.far.deliveries).toEqual([]);
    const { size, root } = await store.head();
    await putCursor(store, 'vault', { ...start, size, root: root.toString('base64') });
    expect(await desk.sync({ withinMs: 150 })).toMatchObject({ code: null, size });
  });

  test('a hold that nobody renews is taken over', async () => {
    const desk = aDesk();
    await desk.grow(2);
    const holder = {
      host: 'elsewhere',
      pid: 1,
      boot: '',
      startTime: 'x',
      since: '2020-01-01T00:00:00.000Z',
    };
    await desk.store().takeHold('sink:vault', holder, () => true);
    expect(await desk.sync({ withinMs: 2000 })).toMatchObject({ code: null });
  });
});
