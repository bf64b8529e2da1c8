import type { Finding } from '../../audit/finding.ts';
import { isEnrolmentEvent } from '../../run/enrolment-events.ts';
import type { Recorded } from '../../run/events.ts';
import type { Store } from '../../store/store.ts';
import type { IndexCheck } from './check-index.ts';
import { indexFinding } from './index-finding.ts';

/**
 * Holds the index of who is who against the entries. Each entry is proven before it is believed; which there
 * are the index says, and one that hides a removal would let a stolen passkey decide again.
 */
export function openIdentityIndexCheck(): IndexCheck {
  const own = new Set<number>();
  return {
    add: ({ seq, event }: Recorded) => {
      if (event.type === 'config.set' || isEnrolmentEvent(event)) {
        own.add(seq);
      }
    },
    findings: (store) => compare(store, own),
  };
}

async function compare(store: Store, own: ReadonlySet<number>): Promise<readonly Finding[]> {
  const indexed = new Set((await store.identityEntries(0)).map(({ seq }) => seq));
  return [...own]
    .filter((seq) => !indexed.has(seq))
    .map((seq) => indexFinding(seq, `entry ${seq} says who is who, but the index does not say so`));
}
