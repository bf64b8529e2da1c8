import type { CommitInput, Committed, Store } from '../../src/store/store.ts';

/** The process ended here, as far as whoever called the store can tell. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** `after`: the nth commit is durable, but nobody was told. `before`: it never reached the disk. */
export interface CrashPoint {
  readonly commit: number;
  readonly when: 'before' | 'after';
}

/**
 * A store that stops at its nth commit (from 1) and stays stopped: as after a crash, nothing that is
 * called later happens. Open the folder again to go on.
 */
export function crashingStore(store: Store, point: CrashPoint): Store {
  let commits = 0;
  let stopped = false;

  async function commit(input: CommitInput): Promise<Committed> {
    commits += 1;
    const isLast = commits === point.commit;
    stopped = isLast;
    if (isLast && point.when === 'before') {
      throw new Stopped(`before commit ${commits}`);
    }
    const committed = await store.commit(input);
    if (isLast) {
      throw new Stopped(`after commit ${commits}`);
    }
    return committed;
  }

  return new Proxy(store, {
    get(target, name) {
      if (stopped && name !== 'close') {
        return () => Promise.reject(new Stopped(`\`${String(name)}\` after the end`));
      }
      if (name === 'commit') {
        return commit;
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
