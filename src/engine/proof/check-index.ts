import type { Finding } from '../../audit/finding.ts';
import type { RunId } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import type { Store } from '../../store/store.ts';
import { openDebtIndexCheck } from './check-debt-index.ts';
import { openGrantIndexCheck } from './check-grant-index.ts';
import { openIdentityIndexCheck } from './check-identity-index.ts';
import { openTokenIndexCheck } from './check-token-index.ts';

/** Holds an index against the entries themselves, which it is given in order. */
export interface IndexCheck {
  add(entry: Recorded): void;
  findings(store: Store, size: number): Promise<readonly Finding[]>;
}

/** The indexes that something is decided by. */
export function openIndexCheck(): IndexCheck {
  const checks = [
    openRunIndexCheck(),
    openTokenIndexCheck(),
    openDebtIndexCheck(),
    openGrantIndexCheck(),
    openIdentityIndexCheck(),
  ];
  return {
    add: (entry) => {
      for (const check of checks) {
        check.add(entry);
      }
    },
    findings: async (store, size) =>
      (await Promise.all(checks.map((check) => check.findings(store, size)))).flat(),
  };
}

/**
 * Every run that may still go on: an entry hidden from its run, or given to another, is how a rejection
 * would be overlooked.
 */
function openRunIndexCheck(): IndexCheck {
  const open = new Map<RunId, number[]>();
  return {
    add: ({ run, seq, event }) => {
      if (run === null) {
        return;
      }
      if (event.type === 'run.started') {
        open.set(run, []);
      }
      open.get(run)?.push(seq);
      if (event.type === 'run.finished') {
        open.delete(run);
      }
    },
    findings: async (store, size) => {
      const checked = [...open].map(([run, own]) => compare(store, { run, own, size }));
      return (await Promise.all(checked)).filter((finding) => finding !== null);
    },
  };
}

async function compare(
  store: Store,
  {
    run,
    own,
    size,
  }: { readonly run: RunId; readonly own: readonly number[]; readonly size: number },
): Promise<Finding | null> {
  const known = (await store.runVersion(run)) === 0 ? [] : await store.loadRun(run);
  const indexed = known.map(({ seq }) => seq).filter((seq) => seq < size);
  return indexed.join() === own.join()
    ? null
    : {
        verdict: 'integrity',
        code: 'E_INDEX',
        index: own[0] ?? null,
        message: `run ${run} has the entries ${own.join(', ')}, but its index says ${indexed.join(', ') || 'none'}`,
      };
}
