import type { RunId } from '../../base/ids.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import type { Feed, Follower, Output } from '../office.ts';
import { watchFeed } from './watch-feed.ts';

const pollMs = 100;
const batch = 500;
/** It is looked at again by then, whether there was anything or not. */
const patienceMs = 60_000;

/**
 * One tail of the journal for a whole process: whoever follows is told of every entry committed after the
 * feed was opened, by whichever process, in order. A follower that throws harms nobody; one that is slow
 * must hand on to somebody else, since it is told synchronously. A journal that cannot be read just now is
 * read again at the next tick.
 */
export class JournalFeed implements Feed {
  readonly #store: Store;
  readonly #followers = new Set<Follower>();
  readonly #timer: NodeJS.Timeout;
  /** Entries before this one are told; null until the head is known. */
  #size: number | null = null;
  #looking = false;
  #again = false;

  constructor(store: Store) {
    this.#store = store;
    this.#timer = setInterval(() => {
      this.nudge();
    }, pollMs);
    this.#timer.unref();
    this.nudge();
  }

  /** The journal's size, as far as it is told; 0 before the first look. */
  get size(): number {
    return this.#size ?? 0;
  }

  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
    };
  }

  nudge(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#look()
      .catch(() => undefined)
      .finally(() => {
        this.#looking = false;
      });
  }

  /** Passes on what a step of this process prints. */
  publish(run: RunId, piece: Output): void {
    this.#tell((follower) => follower.output?.(run, piece));
  }

  /** Resolves with the journal's size once it is larger than `size`, or when `signal` aborts. */
  async grown(size: number, signal: AbortSignal): Promise<number> {
    const watch = watchFeed(this, () => true);
    while (this.size <= size && !signal.aborted) {
      await watch.changed(signal, patienceMs);
    }
    watch.close();
    return this.size;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#followers.clear();
  }

  async #look(): Promise<void> {
    do {
      this.#again = false;
      const { size } = await this.#store.head();
      for (let from = this.#size ?? size; from < size; from = this.size) {
        await this.#tellRange(from, Math.min(from + batch, size));
      }
      this.#size ??= size;
    } while (this.#again);
  }

  async #tellRange(from: number, to: number): Promise<void> {
    for (const stored of await this.#store.entries(from, to)) {
      const entry = recordedOf(stored);
      // Told at most once, also where a later entry of the range cannot be read.
      this.#size = stored.seq + 1;
      this.#tell((follower) => {
        follower.recorded(entry);
      });
    }
    this.#size = to;
  }

  #tell(what: (follower: Follower) => void): void {
    for (const follower of this.#followers) {
      try {
        what(follower);
      } catch {
        // Whoever follows looks after itself: the others are told all the same.
      }
    }
  }
}
