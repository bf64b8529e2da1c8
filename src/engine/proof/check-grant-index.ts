import type { Finding } from '../../audit/finding.ts';
import type { RequestId } from '../../base/ids.ts';
import { dealtWith } from '../../run/dealings.ts';
import type { Recorded } from '../../run/events.ts';
import type { Store } from '../../store/store.ts';
import type { IndexCheck } from './check-index.ts';
import { forgottenEnd, indexFinding } from './index-finding.ts';

/**
 * Holds the index of approvals that hold for later runs against the entries. What one allows is read from
 * its entries each time; but a row that is gone asks people in vain, and one that counts too few uses, or
 * forgets that it was ended, would let a commit pass that nobody may make.
 */
export function openGrantIndexCheck(): IndexCheck {
  const asked = new Map<RequestId, Entries>();
  return {
    add: ({ seq, event }: Recorded) => {
      if (event.type === 'approval.requested' && event.data.grant.reuse !== undefined) {
        asked.set(event.data.id, { asked: seq, uses: new Set(), revoked: null });
      }
      const request = dealtWith(event);
      const known = request === null ? undefined : asked.get(request);
      if (known !== undefined && event.type === 'grant.revoked') {
        known.revoked ??= seq;
      } else if (event.type === 'step.started' && event.data.permit.kind === 'grant') {
        known?.uses.add(event.data.permit.use);
      }
    },
    findings: (store) => compare(store, asked),
  };
}

interface Entries {
  readonly asked: number;
  /** Numbers that were claimed: one claimed twice is the auditor's to find. */
  readonly uses: Set<number>;
  revoked: number | null;
}

async function compare(
  store: Store,
  asked: ReadonlyMap<RequestId, Entries>,
): Promise<readonly Finding[]> {
  const rows = new Map((await store.listReusable(null)).map((row) => [row.request, row]));
  return [...asked].flatMap(([request, entries]) => {
    const row = rows.get(request);
    if (row === undefined) {
      const message = `request ${request} was asked to hold for later runs, but the index does not say so`;
      return [indexFinding(entries.asked, message)];
    }
    // The other way round is what came while this was read, or a row that refuses too much.
    if (row.uses < entries.uses.size) {
      const message = `request ${request} was used ${entries.uses.size} times, but its index says ${row.uses}`;
      return [indexFinding(entries.asked, message)];
    }
    return forgottenEnd(`request ${request}`, entries.revoked, row);
  });
}
