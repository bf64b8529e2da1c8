import type { RunReport } from '../../src/engine/reports.ts';
import type { Store } from '../../src/store/store.ts';
import { type CrashPoint, crashingStore, Stopped } from '../support/crashing-store.ts';
import { expectPromisesKept } from './promises.ts';
import { type Story, tellStory } from './story.ts';

/** A story with its own fresh journal, and what to expect of the world once it has ended. */
export interface Telling {
  readonly story: Story;
  /** Attempts that took effect, by their RUNBOOK_ATTEMPT, as the world itself noted them. */
  readonly effects: () => readonly string[];
  readonly check: (report: RunReport) => Promise<void>;
}

/**
 * Tells a story over and over, stopped before and after every commit in turn; each time everything is
 * opened again and it goes on from what the journal kept. Ends with the telling that nothing stopped,
 * and answers how often it was stopped.
 */
export async function stopEverywhere(begin: () => Promise<Telling>): Promise<number> {
  for (let commit = 1; ; commit += 1) {
    for (const when of ['before', 'after'] as const) {
      const telling = await begin();
      const stopped = await tellUntilStopped(telling.story, { commit, when });
      const report = await goOn(telling);
      await telling.check(report);
      if (!stopped) {
        return 2 * (commit - 1);
      }
    }
  }
}

async function tellUntilStopped(story: Story, point: CrashPoint): Promise<boolean> {
  const store = story.scene.openStore();
  try {
    await tellStory(story, crashingStore(store, point));
    return false;
  } catch (error) {
    if (error instanceof Stopped) {
      return true;
    }
    throw error;
  } finally {
    await store.close();
  }
}

async function goOn({ story, effects }: Telling): Promise<RunReport> {
  const store = story.scene.openStore();
  try {
    await forgetHolds(store);
    const report = await tellStory(story, store);
    await expectPromisesKept(story, store, effects());
    return report;
  } finally {
    await store.close();
  }
}

/** The process that held the run is this one, and would count as alive. */
export async function forgetHolds(store: Store): Promise<void> {
  for (const { run } of await store.listRuns({ limit: 10 })) {
    const holder = await store.getHold(run);
    if (holder !== null) {
      await store.releaseHold(run, holder);
    }
  }
}
