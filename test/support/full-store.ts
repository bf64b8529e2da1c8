import { JournalError } from '../../src/base/errors.ts';
import type { Store } from '../../src/store/store.ts';

/**
 * A store whose disk fills up when `isFull` says so: nothing that begins and no blob finds room; what
 * closes finds it in the reserve.
 */
export function fullStore(store: Store, isFull: () => boolean): Store {
  const refuse = async (): Promise<never> => {
    throw new JournalError({ code: 'journal_full', message: 'the disk is full (a test)' });
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'commit') {
        const commit: Store['commit'] = (input) =>
          isFull() && input.closing !== true ? refuse() : target.commit(input);
        return commit;
      }
      if ((name === 'putBlob' || name === 'openBlob') && isFull()) {
        return refuse;
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
