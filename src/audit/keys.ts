import { applyKeyEntry, isKeyEntry, keysOfGenesis } from '../approval/court/judge-keys.ts';
import type { SeenLog } from '../approval/statement/statement.ts';
import { RunbookError } from '../base/errors.ts';
import {
  beginHistory,
  type KeyHistory,
  keyAt,
  newestKey,
  type TimedHead,
  unprovenRanges,
} from '../journal/key-history.ts';
import type { Recorded } from '../run/events.ts';
import type { Trust } from './exhibit.ts';
import type { Report } from './finding.ts';
import type { OutsideHead } from './outside.ts';

/** Which keys sign the log, as its entries come by. */
export interface KeyWatch {
  /** The keys as the entries so far say. */
  history(): KeyHistory;
  add(entry: Recorded): void;
  /** A head of this size holds, under the key that signs there. */
  signed(size: number): void;
  /** Once all entries came by: that the log is the one the auditor knows, and what a compromised key leaves unproven. */
  conclude(outside: readonly Pick<OutsideHead, 'size' | 'time' | 'note'>[]): void;
}

/** Begins with what the auditor knows of its keys, until genesis names the log's first. */
export function watchKeys(
  trust: Pick<Trust, 'origin' | 'publicKey' | 'keys'> & {
    /** The key is the log's own word about itself: then its own word leads to the newest as well. */
    readonly isOwnWord: boolean;
  },
  rootAt: (size: number) => string | null,
  report: Report,
): KeyWatch {
  const { origin: name, publicKey, isOwnWord } = trust;
  let history = trust.keys ?? beginHistory({ name, publicKey }, null);
  const starts: number[] = [];
  /** Size of the largest head that each key signed, by where its time began. */
  const signed = new Map<number, number>();
  const note = (size: number): void => {
    const { from } = keyAt(history, size);
    signed.set(from, Math.max(size, signed.get(from) ?? 0));
  };
  return {
    history: () => history,
    add: (entry) => {
      if (isApprovedStart(entry)) {
        starts.push(entry.seq);
      }
      history = follow(history, entry, { rootAt, report });
    },
    signed: note,
    conclude: (outside) => {
      outside.filter((head) => head.note !== null).forEach(({ size }) => note(size));
      if (!isOwnWord && !leadsFrom(publicKey, history, signed)) {
        report({
          verdict: 'completeness',
          code: 'E_KEY_UNKNOWN',
          index: 0,
          message: `the log is signed by key \`${newestKey(history).id}\`, and nothing that the one you trust signed leads there: it is another log, or ends before that key's time`,
        });
      }
      reportUnproven(history, { outside, starts }, report);
    },
  };
}

/**
 * A log may name any key as its first: what counts is what the trusted one has signed. The first recovery
 * key must stand under a head of its, or whoever made the log up named one.
 */
function leadsFrom(
  publicKey: Buffer,
  history: KeyHistory,
  signed: ReadonlyMap<number, number>,
): boolean {
  const trusted = history.keys.find((key) => key.publicKey.equals(publicKey));
  if (trusted === undefined || trusted.ended === null) {
    return trusted !== undefined;
  }
  const [recovery] = history.recoveries;
  return (signed.get(trusted.from) ?? 0) > (recovery?.index ?? 0);
}

/** Under a stolen key an entry can have any shape. */
function isApprovedStart({ event }: Recorded): boolean {
  try {
    return event.type === 'step.started' && event.data.permit.kind === 'grant';
  } catch {
    return false;
  }
}

function follow(
  history: KeyHistory,
  { seq, event }: Recorded,
  of: { readonly rootAt: (size: number) => string | null; readonly report: Report },
): KeyHistory {
  const { rootAt, report } = of;
  const entry = { seq, type: event.type, data: event.data };
  if (seq === 0) {
    return begun(entry) ?? history;
  }
  if (!isKeyEntry(event.type)) {
    return history;
  }
  // A part of a log may not lead to the head that was signed for; what was signed is held all the same.
  const holds = ({ size, root }: SeenLog): boolean => (rootAt(size) ?? root) === root;
  const judged = applyKeyEntry(history, entry, holds);
  if (judged.refused !== null) {
    const message = `the log's keys were not changed by this: ${judged.refused}`;
    report({ verdict: 'integrity', code: 'E_KEY_ROTATION', index: seq, message });
  }
  return judged.history;
}

/** Null where genesis names no usable key: then every head is held against the key that is trusted. */
function begun(entry: Parameters<typeof keysOfGenesis>[0]): KeyHistory | null {
  try {
    return keysOfGenesis(entry);
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

/** What ran there is said one by one; that the rest may have been rewritten, once for each range. */
function reportUnproven(
  history: KeyHistory,
  of: { readonly outside: readonly TimedHead[]; readonly starts: readonly number[] },
  report: Report,
): void {
  for (const { from, to, keyId, since } of unprovenRanges(history, of.outside)) {
    const why = `key \`${keyId}\` was compromised on ${since}, and no head from outside before that covers`;
    const message = `${why} entries ${from} to ${to - 1}: they may have been rewritten since; the rest stands`;
    report({ verdict: 'integrity', code: 'W_UNPROVEN', index: from, message });
    for (const index of of.starts.filter((start) => start >= from && start < to)) {
      const message = `${why} this start of an approved step`;
      report({ verdict: 'authorization', code: 'E_UNPROVEN', index, message });
    }
  }
}
