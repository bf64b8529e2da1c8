import type { CommitInput, Committed, Store } from '../../src/store/store.ts';

/**
 * A store before whose first commit of a run's entries, or of what `isMeant` says, something else happens, as
 * another process would do it.
 */
export function interruptedStore(
  store: Store,
  happen: () => Promise<unknown>,
  isMeant: (input: CommitInput) => boolean = ({ run }) => run !== null,
): Store {
  let happened = false;

  async function commit(input: CommitInput): Promise<Committed> {
    if (!happened && isMeant(input)) {
      happened = true;
      await happen();
    }
    return store.commit(input);
  }

  return new Proxy(store, {
    get(target, name) {
      const member: unknown = name === 'commit' ? commit : Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
