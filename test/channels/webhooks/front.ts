import { onTestFinished } from 'vitest';
import type { Front } from '../../../src/channels/channel.ts';
import { JournalFeed } from '../../../src/engine/office/feed.ts';
import { openFront } from '../../../src/engine/office/front.ts';
import type { Event } from '../../../src/run/events.ts';
import type { Store } from '../../../src/store/store.ts';
import { openScene } from '../../support/scene.ts';

/** A real journal, and what webhooks see of it. */
export interface Journal {
  readonly store: Store;
  readonly front: Front;
  /** Commits entries that belong to no run, and waits until the front knows of them. */
  readonly write: (...events: readonly Event[]) => Promise<void>;
}

export function openJournal(): Journal {
  const engine = openScene({ runbook: '' }).engine();
  const { store } = engine;
  const feed = new JournalFeed(store);
  onTestFinished(() => {
    feed.close();
  });
  const front = openFront(engine, { name: 'webhooks' }, { feed, receives: true, url });
  let commits = 0;
  return {
    store,
    front,
    async write(...events) {
      commits += 1;
      const commandId = `write-${commits}`;
      const { head } = await store.commit({
        run: null,
        expectedVersion: null,
        commandId,
        events,
      });
      await front.grown(head.size - 1, new AbortController().signal);
    },
  };
}

const url = 'https://runbook.example.com';
