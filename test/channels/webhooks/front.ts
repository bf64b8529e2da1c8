import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { InternalError } from '../../../src/base/errors.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import type { Front, JournalEntry } from '../../../src/channels/channel.ts';
import type { Event } from '../../../src/run/events.ts';
import { recordedOf } from '../../../src/run/recorded.ts';
import type { Store } from '../../../src/store/store.ts';
import { openTempStore } from '../../support/temp-store.ts';

/** A real journal, and what webhooks see of it. */
export interface Journal {
  readonly store: Store;
  readonly front: Front;
  /** Commits entries that belong to no run. */
  readonly write: (...events: readonly Event[]) => Promise<void>;
}

export function openJournal(): Journal {
  const temp = openTempStore();
  onTestFinished(() => temp.remove());
  let commits = 0;
  return {
    store: temp.store,
    front: frontOf(temp.store),
    async write(...events) {
      commits += 1;
      const commandId = `write-${commits}`;
      await temp.store.commit({ run: null, expectedVersion: null, commandId, events });
    },
  };
}

export function frontOf(store: Store): Front {
  const unused = (): never => {
    throw new InternalError({ code: 'unused', message: 'webhooks do not ask for this' });
  };
  return {
    clock: systemClock,
    receives: true,
    url: 'https://runbook.example.com',
    people: unused,
    open: unused,
    requestsOf: unused,
    find: unused,
    attest: unused,
    look: unused,
    entries: async (from, limit) =>
      (await store.entries(from, Math.min(from + limit, (await store.head()).size))).map((entry) =>
        entryOf(entry),
      ),
    async grown(size, signal) {
      for (;;) {
        const head = await store.head();
        if (head.size > size || signal.aborted) {
          return head.size;
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    notes: {
      get: (key) => store.getNote('webhooks', key),
      list: () => store.listNotes('webhooks'),
      put: (key, value) => store.putNote('webhooks', key, value),
    },
  };
}

function entryOf(stored: Parameters<typeof recordedOf>[0]): JournalEntry {
  const { seq, time, run, hash, event } = recordedOf(stored);
  const data = event.data as unknown as JsonObject;
  const environment = event.type === 'run.started' ? event.data.environment : null;
  const runbook = event.type === 'run.started' ? event.data.runbook.name : null;
  return {
    seq,
    time,
    run,
    hash,
    type: event.type,
    runbook,
    environment,
    summary: event.type,
    data,
  };
}
