import type { Notes } from '../../channels/channel.ts';
import type { Store } from '../../store/store.ts';

/** The notes kept under one name. */
export function openNotes(store: Store, area: string): Notes {
  return {
    get: (key) => store.getNote(area, key),
    list: () => store.listNotes(area),
    put: (key, value) => store.putNote(area, key, value),
  };
}
