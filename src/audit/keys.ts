import { applyKeyEntry, isKeyEntry, keysOfGenesis } from '../approval/court/judge-keys.ts';
import type { Pin } from '../approval/statement/receipt.ts';
import type { SeenLog } from '../approval/statement/statement.ts';
import { RunbookError } from '../base/errors.ts';
import {
  beginHistory,
  type KeyHistory,
  keyAt,
  newestKey,
  recoveryNow,
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
  /** Takes, in its place, an entry of which only the hash is there. */
  addPruned(seq: number): void;
  /** A head of this size holds, under the key that signs there. */
  signed(size: number): void;
  /** Once all entries came by: that the log is the one the auditor knows, and what a compromised key leaves unproven. */
  conclude(outside: readonly Pick<OutsideHead, 'size' | 'time' | 'note'>[], size: number): void;
}

/** Begins with what the auditor knows of its keys, until genesis names the log's first. */
export function watchKeys(
  trust: Pick<Trust, 'origin' | 'publicKey' | 'keys' | 'prunedBefore' | 'pins'> & {
    /** The key is the log's own word about itself: then its own word leads to the newest as well. */
    readonly isOwnWord: boolean;
    /** Not every entry is there: nothing shows which keys the others named. */
    readonly isPart: boolean;
  },
  rootAt: (size: number) => string | null,
  report: Report,
): KeyWatch {
  const { origin: name, publicKey, isOwnWord } = trust;
  const pins = trust.pins.filter(({ origin }) => origin === name);
  let history = trust.keys ?? beginHistory({ name, publicKey }, null);
  let isPruned = trust.prunedBefore ?? false;
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
      history = follow(history, entry, { rootAt, report, isPruned });
    },
    addPruned: (seq) => {
      isPruned = true;
      if (seq === 0) {
        const message = 'genesis is no entry that can be pruned: it names the first key';
        report({ verdict: 'integrity', code: 'E_SEQ', index: seq, message });
      }
    },
    signed: note,
    conclude: (outside, size) => {
      outside.filter((head) => head.note !== null).forEach(({ size }) => note(size));
      reportLeftOut(pins, { history, size }, report);
      const isComplete = !trust.isPart || isFirstKnown(history, pins);
      const why = isOwnWord ? null : whyUnknown(publicKey, history, { signed, isComplete });
      if (why !== null) {
        const message = `the log is signed by key \`${newestKey(history).id}\`, and nothing that the one you trust signed leads there: ${why}`;
        report({ verdict: 'completeness', code: 'E_KEY_UNKNOWN', index: 0, message });
      }
      reportUnproven(history, { outside, starts }, report);
    },
  };
}

/**
 * A log may name any key as its first: what counts is what the trusted one has signed. The first recovery
 * key must stand under a head of its, or whoever made the log up named one; and be the first, or whoever
 * stole the trusted key did. Answers why it does not lead to the newest; null where it does.
 */
function whyUnknown(
  publicKey: Buffer,
  history: KeyHistory,
  of: { readonly signed: ReadonlyMap<number, number>; readonly isComplete: boolean },
): string | null {
  const trusted = history.keys.find((key) => key.publicKey.equals(publicKey));
  if (trusted === undefined) {
    return "it is another log, or ends before that key's time";
  }
  if (trusted.ended === null) {
    return null;
  }
  if (!of.isComplete) {
    return 'a part does not show that it leaves out no recovery key; give the key that signs now';
  }
  const [recovery] = history.recoveries;
  const isOver = (of.signed.get(trusted.from) ?? 0) > (recovery?.index ?? 0);
  return isOver ? null : 'no head of that key is here over the first recovery key';
}

/** Whether no recovery key can have been named before the first that is shown. */
function isFirstKnown({ recoveries }: KeyHistory, pins: readonly Pin[]): boolean {
  return recoveries[0]?.index === 0 || pins.some(({ recovery }) => recovery !== undefined);
}

/** The recovery key by which an approver's client knows the log is one of its keys, whatever follows. */
function reportLeftOut(
  pins: readonly Pin[],
  { history, size }: { readonly history: KeyHistory; readonly size: number },
  report: Report,
): void {
  for (const { recovery } of pins) {
    const isThere = history.recoveries.some(
      (named) => named.index === recovery?.index && named.public === recovery.public,
    );
    if (recovery !== undefined && recovery.index < size && !isThere) {
      const message = `pin: it saw entry ${recovery.index} name the recovery key, and the log has none there`;
      report({ verdict: 'completeness', code: 'E_KEY_ROTATION', index: recovery.index, message });
    }
  }
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
  of: {
    readonly rootAt: (size: number) => string | null;
    readonly report: Report;
    readonly isPruned: boolean;
  },
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
  const mayBeFirst = !of.isPruned || event.type !== 'key.recovery' || recoveryNow(history) !== null;
  const judged = mayBeFirst
    ? applyKeyEntry(history, entry, holds)
    : { history, refused: 'entries before it were pruned, and one of them may have named another' };
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
