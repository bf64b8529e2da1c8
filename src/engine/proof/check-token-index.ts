import type { Finding } from '../../audit/finding.ts';
import type { Recorded } from '../../run/events.ts';
import type { Store } from '../../store/store.ts';
import type { IndexCheck } from './check-index.ts';
import { forgottenEnd, indexFinding } from './index-finding.ts';

/**
 * Holds the index of tokens against the entries. What a token allows is read from its entry each time it
 * is shown; that it was revoked is in the index alone, and a row put back would let its bearer in again.
 */
export function openTokenIndexCheck(): IndexCheck {
  const issued = new Map<string, Entries>();
  return {
    add: ({ seq, event }: Recorded) => {
      if (event.type === 'token.issued') {
        issued.set(event.data.token, { issued: seq, revoked: null });
      }
      const known = event.type === 'token.revoked' ? issued.get(event.data.token) : undefined;
      if (known !== undefined) {
        known.revoked ??= seq;
      }
    },
    findings: (store) => compare(store, issued),
  };
}

interface Entries {
  readonly issued: number;
  revoked: number | null;
}

async function compare(
  store: Store,
  issued: ReadonlyMap<string, Entries>,
): Promise<readonly Finding[]> {
  const rows = new Map((await store.listTokens()).map((row) => [row.token, row]));
  return [...issued].flatMap(([token, entries]) => {
    const row = rows.get(token);
    if (row?.seq !== entries.issued) {
      const message = `token ${token} was issued, but the index does not say so`;
      return [indexFinding(entries.issued, message)];
    }
    // The other way round is a revocation that came while this was read, or a row that refuses too much.
    return forgottenEnd(`token ${token}`, entries.revoked, row);
  });
}
