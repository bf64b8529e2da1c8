import { reviewNamespace } from '../approval/statement/review-statement.ts';
import { approvalNamespace, decisionId } from '../approval/statement/statement.ts';
import { RunbookError } from '../base/errors.ts';
import { openNote } from '../journal/checkpoint.ts';
import { type KeyHistory, keyAt, type TimedHead } from '../journal/key-history.ts';
import { formatVerifierKey, keyId } from '../journal/verifier-key.ts';
import type { Trust } from './exhibit.ts';
import type { Finding, Report } from './finding.ts';

/** The log as the auditor has seen it. */
export interface Seen {
  readonly size: number;
  readonly rootAt: (size: number) => string | null;
  readonly keys: KeyHistory;
  /** Ids of the decisions and resolutions it holds. */
  readonly decisions: ReadonlySet<string>;
}

interface Anchor {
  readonly anchor: string;
  readonly anchored_at: string | null;
}

/** A head that somebody outside the log remembers. */
interface Outside {
  readonly name: string;
  readonly note: string;
  readonly verifierKey: string;
  readonly time: string | null;
}

/**
 * Holds the log against every head that somebody outside remembers: whatever was cut, rolled back or
 * rewritten before the newest of them shows. Without one the log is only consistent with itself.
 */
export function judgeCompleteness(
  trust: Trust,
  seen: Seen,
  report: Report,
): Anchor & { readonly held: readonly TimedHead[] } {
  const heads = [
    ...trust.receipts.flatMap(headsOfReceipt),
    ...trust.pins.filter(({ origin }) => origin === trust.origin).map(headOfPin),
  ];
  const held = heads.filter((outside) => isHeld(seen, outside, report));
  for (const each of trust.receipts) {
    checkDecision(each, seen, report);
  }
  const sizes = held
    .map((outside) => ({ outside, size: sizeOf(outside) }))
    .sort((one, other) => other.size - one.size);
  const [newest] = sizes;
  const open = describeOpen(trust, seen);
  if (newest === undefined) {
    const anchor =
      heads.length === 0
        ? 'self-consistent only: no head from outside was held against it'
        : 'none: every head from outside contradicts it';
    return { anchor: `${anchor}${open}`, anchored_at: null, held: [] };
  }
  return {
    anchor: `${newest.outside.name}, at ${newest.size} of ${seen.size} entries${open}`,
    anchored_at: newest.outside.time,
    held: sizes.map(({ outside, size }) => ({ size, time: outside.time })),
  };
}

/** Receipts that were never told where their decision stands, and it stands nowhere: no proof, but worth a word. */
function describeOpen({ receipts }: Trust, seen: Seen): string {
  const open = receipts.filter(
    ({ receipt }) => receipt.recorded === null && !seen.decisions.has(decisionId(receipt.signed)),
  );
  return open.length === 0
    ? ''
    : `; the decision of ${open.map(({ name }) => name).join(', ')} is not in the log: never handed in, or dropped`;
}

function headsOfReceipt({ name, receipt }: Trust['receipts'][number]): readonly Outside[] {
  const base = {
    name: `receipt ${name}`,
    verifierKey: receipt.verifier_key,
    time: timeOf(receipt),
  };
  const before = { ...base, note: receipt.checkpoint };
  return receipt.recorded === null
    ? [before]
    : [before, { ...base, note: receipt.recorded.checkpoint }];
}

/** When the approver signed, by their own clock; a statement that cannot be read has no time. */
function timeOf({ signed }: Trust['receipts'][number]['receipt']): string | null {
  try {
    const { time } = JSON.parse(signed.statement) as { readonly time?: unknown };
    return typeof time === 'string' ? time : null;
  } catch {
    return null;
  }
}

function headOfPin({ note, verifierKey, time }: Trust['pins'][number]): Outside {
  return { name: 'pin', note, verifierKey, time };
}

function sizeOf({ note }: Outside): number {
  return Number(note.split('\n')[1]);
}

function isHeld(seen: Seen, outside: Outside, report: Report): boolean {
  const complain = (code: Finding['code'], message: string): false => {
    report({ verdict: 'completeness', code, index: null, message: `${outside.name}: ${message}` });
    return false;
  };
  const { keys } = seen.keys;
  if (!keys.some((key) => formatVerifierKey(key.name, key.publicKey) === outside.verifierKey)) {
    return complain(
      'E_KEY_UNKNOWN',
      `it knows the log by another key or name: \`${outside.verifierKey}\``,
    );
  }
  try {
    const { checkpoint, signedBy } = openNote(outside.note, keys);
    if (checkpoint.size > seen.size) {
      return complain(
        'E_TRUNCATED',
        `it saw ${checkpoint.size} entries, and the log has ${seen.size}: its end was cut, or an older log put back`,
      );
    }
    if (seen.rootAt(checkpoint.size) !== checkpoint.root.toString('base64')) {
      return complain(
        'E_FORK',
        `the first ${checkpoint.size} entries are not the ones it saw: the log was rewritten`,
      );
    }
    // Whoever kept an old key can still sign; what they sign after its time is not the log's.
    const { id } = keyAt(seen.keys, checkpoint.size);
    return (
      signedBy.some(({ name, publicKey }) => keyId(name, publicKey).toString('hex') === id) ||
      complain('E_KEY_UNKNOWN', `its head is signed by another key than \`${id}\``)
    );
  } catch (error) {
    return complain(
      'E_RECEIPT',
      error instanceof RunbookError ? error.message : 'it cannot be read',
    );
  }
}

/** A receipt that was told where its decision stands must find it there. */
function checkDecision(
  { name, receipt }: Trust['receipts'][number],
  seen: Seen,
  report: Report,
): void {
  const counted: readonly string[] = [approvalNamespace, reviewNamespace];
  const wasRecorded = receipt.recorded !== null && counted.includes(receipt.namespace);
  if (wasRecorded && !seen.decisions.has(decisionId(receipt.signed))) {
    report({
      verdict: 'completeness',
      code: 'E_DECISION_MISSING',
      index: receipt.recorded?.index ?? null,
      message: `receipt ${name}: the decision it stands for is not in the log`,
    });
  }
}
