import type { Finding } from '../../audit/finding.ts';
import type { RequestId } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { DebtRow } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { IndexCheck } from './check-index.ts';
import { indexFinding } from './index-finding.ts';

/**
 * Holds the index of what break-glass owes against the entries. Of two runs that come at once it alone
 * stops the second: a row that is gone, or reviewed by nobody, would let that one through.
 */
export function openDebtIndexCheck(): IndexCheck {
  const scopes = new Map<RequestId, string>();
  const owed = new Map<RequestId, Owed>();
  return {
    add: ({ seq, event }: Recorded) => {
      if (event.type === 'approval.requested' && event.data.break_glass !== null) {
        scopes.set(event.data.id, event.data.break_glass.scope);
      }
      if (event.type === 'step.started' && event.data.permit.kind === 'grant') {
        const { request } = event.data.permit;
        const scope = scopes.get(request);
        if (scope !== undefined && !owed.has(request)) {
          owed.set(request, { scope, started: seq });
        }
      }
      if (event.type === 'break_glass.reviewed') {
        owed.delete(event.data.request);
      }
    },
    findings: (store) => compare(store, owed),
  };
}

interface Owed {
  readonly scope: string;
  readonly started: number;
}

async function compare(
  store: Store,
  owed: ReadonlyMap<RequestId, Owed>,
): Promise<readonly Finding[]> {
  const rows = new Map((await store.listDebts(false)).map((row) => [row.request, row]));
  const findings: Finding[] = [];
  for (const [request, { scope, started }] of owed) {
    const row = rows.get(request);
    if (row?.scope !== scope || !(await isTrue(store, row))) {
      const message = `a review of ${request} is owed in ${scope}, but the index does not say so`;
      findings.push(indexFinding(started, message));
    }
  }
  return findings;
}

/** Owed, or reviewed by an entry that came while this was read. */
async function isTrue(store: Store, { request, run, reviewed }: DebtRow): Promise<boolean> {
  if (reviewed === null) {
    return true;
  }
  const entries = (await store.loadRun(run)).map((entry) => recordedOf(entry).event);
  return entries.some(
    (event) => event.type === 'break_glass.reviewed' && event.data.request === request,
  );
}
