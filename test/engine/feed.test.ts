import { describe, expect, onTestFinished, test } from 'vitest';
import { JournalFeed } from '../../src/engine/office/feed.ts';
import type { Recorded } from '../../src/run/events.ts';
import { eventually } from '../support/eventually.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';

const fine = `
name: fine
steps:
  - id: look
    run: "true"
`;

function feedOf(scene: Scene): JournalFeed {
  const feed = new JournalFeed(scene.engine().store);
  onTestFinished(() => {
    feed.close();
  });
  return feed;
}

describe('a feed', { timeout: 60_000 }, () => {
  test('tells of every entry from its beginning on, in order and once, whichever process commits', async () => {
    const scene = openScene({ runbook: fine });
    await scene.exec();
    const before = (await scene.engine().store.head()).size;
    const feed = feedOf(scene);
    const seen: number[] = [];
    feed.follow({ recorded: ({ seq }) => void seen.push(seq) });
    await scene.exec();
    const other = scene.openStore();
    const door = scene.service(other);
    const source = await door.openRunbook('runbook.yaml');
    const given = { source, given: {}, environment: null, reason: null, ticket: null };
    await door.drive(await door.start(given), driving(scene));
    await other.close();
    const { size } = await scene.engine().store.head();
    await eventually(() => feed.size).toBe(size);
    expect(seen).toEqual(Array.from({ length: size - before }, (_, index) => before + index));
  });

  test('goes on for the others when one follower throws', async () => {
    const scene = openScene({ runbook: fine });
    const feed = feedOf(scene);
    const seen: Recorded[] = [];
    feed.follow({
      recorded: () => {
        throw new Error('not my day');
      },
    });
    feed.follow({ recorded: (entry) => void seen.push(entry) });
    await scene.exec();
    await eventually(() => seen.map(({ event }) => event.type)).toContain('run.finished');
  });

  test('tells nothing more to one that has left', async () => {
    const scene = openScene({ runbook: fine });
    const feed = feedOf(scene);
    const [gone, stays]: [Recorded[], Recorded[]] = [[], []];
    const leave = feed.follow({ recorded: (entry) => void gone.push(entry) });
    feed.follow({ recorded: (entry) => void stays.push(entry) });
    leave();
    await scene.exec();
    await eventually(() => stays.length).toBeGreaterThan(0);
    expect(gone).toEqual([]);
  });

  test('looks again where the journal could not be read', async () => {
    const scene = openScene({ runbook: fine });
    const { store } = scene.engine();
    let broken = true;
    const head = store.head.bind(store);
    store.head = async () => {
      if (broken) {
        throw new Error('not now');
      }
      return head();
    };
    const feed = feedOf(scene);
    broken = false;
    await eventually(() => feed.size).toBeGreaterThan(0);
  });

  test('resolves once the journal has grown, and when whoever waits gives up', async () => {
    const scene = openScene({ runbook: fine });
    await scene.exec();
    const feed = feedOf(scene);
    const { size } = await scene.engine().store.head();
    const over = new AbortController();
    const given = feed.grown(size + 1000, over.signal);
    const grown = feed.grown(size, over.signal);
    await scene.exec();
    expect(await grown).toBeGreaterThan(size);
    over.abort();
    expect(await given).toBeLessThan(size + 1000);
  });
});
