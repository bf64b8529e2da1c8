import { reviewNamespace } from '../approval/statement/review-statement.ts';
import { approvalNamespace, decisionId } from '../approval/statement/statement.ts';
import type { KeyHistory } from '../journal/key-history.ts';
import type { Trust } from './exhibit.ts';
import type { Finding, Report } from './finding.ts';
import { anchorsLog, nameOf, type OutsideHead } from './outside.ts';
import { type KeptHead, readNotes } from './outside-notes.ts';
import type { VerifiedAnchors } from './verify-anchors.ts';

/** The log as the auditor has seen it. */
export interface Seen {
  readonly size: number;
  readonly rootAt: (size: number) => string | null;
  readonly keys: KeyHistory;
  /** What others said of its heads, so far only held against their own keys. */
  readonly anchors: VerifiedAnchors;
  /** Ids of the decisions and resolutions it holds. */
  readonly decisions: ReadonlySet<string>;
  /** Whether this entry was reduced to its hash, as the log says. */
  readonly isPruned: (seq: number) => boolean;
}

/** What the verdict rests on, and what is left of the heads from outside. */
export interface Completeness {
  readonly anchor: string;
  readonly anchored_at: string | null;
  /** Heads that are of this log, and hold it to something. */
  readonly held: readonly OutsideHead[];
  /** Notes under the log's own key that contradict it: two histories were signed. */
  readonly forked: readonly string[];
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Holds the log against every head that somebody outside remembers: whatever was cut, rolled back or
 * rewritten before the newest of them shows. Without one the log is only consistent with itself.
 */
export function judgeCompleteness(trust: Trust, seen: Seen, report: Report): Completeness {
  const notes = readNotes(trust, seen, report);
  const heads = [...notes.heads, ...seen.anchors.heads];
  const agrees = ({ size, root }: OutsideHead): boolean => seen.rootAt(size) === root;
  const agreed = heads.filter(agrees);
  const contradicting = heads.filter((head) => !agrees(head));
  const sizes = agreed.map(({ size }) => size);
  for (const head of contradicting) {
    reportContradiction(head, { seen, sizes }, report);
  }
  for (const each of trust.receipts) {
    checkDecision(each, seen, report);
  }
  const held = agreed.filter((head) => anchorsLog(head) && isRightlySigned(head, report));
  const any = notes.kept + seen.anchors.heads.filter(anchorsLog).length > 0;
  return {
    ...describeAnchor(held, { trust, seen, any }),
    held,
    forked: contradicting.flatMap(({ note }) => note ?? []),
  };
}

/** The first entry that may differ lies behind the largest head that still agrees. */
function reportContradiction(
  head: OutsideHead,
  { seen, sizes }: { readonly seen: Seen; readonly sizes: readonly number[] },
  report: Report,
): void {
  const complain = (code: Finding['code'], index: number, message: string): void => {
    report({ verdict: 'completeness', code, index, message: `${nameOf(head)}: ${message}` });
  };
  if (head.size > seen.size) {
    complain(
      'E_TRUNCATED',
      seen.size,
      `it saw ${head.size} entries, and the log has ${seen.size}: its end was cut, or an older log put back`,
    );
    return;
  }
  const from = Math.max(0, ...sizes.filter((size) => size < head.size));
  const last = head.size - 1;
  const where =
    from === last ? `entry ${last} is not the one` : `entries ${from} to ${last} are not the ones`;
  complain('E_FORK', from, `${where} it saw: the log was rewritten`);
}

function isRightlySigned(head: OutsideHead & Partial<KeptHead>, report: Report): boolean {
  const { misSigned = null } = head;
  if (misSigned !== null) {
    const message = `${nameOf(head)}: ${misSigned}`;
    report({ verdict: 'completeness', code: 'E_KEY_UNKNOWN', index: null, message });
  }
  return misSigned === null;
}

function describeAnchor(
  held: readonly OutsideHead[],
  { trust, seen, any }: { readonly trust: Trust; readonly seen: Seen; readonly any: boolean },
): Pick<Completeness, 'anchor' | 'anchored_at'> {
  const newest = newestOf(held);
  const more = `${describeOpen(trust, seen)}${describeStrangers(seen)}`;
  if (newest === null) {
    const anchor = any
      ? 'none: every head from outside contradicts it'
      : 'self-consistent only: no head from outside was held against it';
    return { anchor: `${anchor}${more}`, anchored_at: null };
  }
  const proven = newest.isProof ? null : newestOf(held.filter(({ isProof }) => isProof));
  const chosen = proven === null ? '' : `; size=${proven.size} by=${nameOf(proven)}`;
  const since = describeSince(newest, { trust, seen });
  return {
    anchor: `size=${newest.size} of ${seen.size} by=${nameOf(newest)}${chosen}${since}${more}`,
    anchored_at: newest.time,
  };
}

/** Of two that go as far, the one that the auditor chose, and then the earlier: it has been so for longer. */
function newestOf(heads: readonly OutsideHead[]): OutsideHead | null {
  const [newest] = heads.toSorted(
    (one, other) =>
      other.size - one.size ||
      Number(other.isProof) - Number(one.isProof) ||
      timeOf(one) - timeOf(other),
  );
  return newest ?? null;
}

/** Without a time it is the last to be named. */
function timeOf({ time }: OutsideHead): number {
  const atMs = Date.parse(time ?? '');
  return Number.isNaN(atMs) ? Number.MAX_SAFE_INTEGER : atMs;
}

/** What came after the newest head from outside could still be rewritten by whoever has the key. */
function describeSince(
  { size, time }: OutsideHead,
  { trust, seen }: { readonly trust: Trust; readonly seen: Seen },
): string {
  const since = seen.size - size;
  if (since === 0) {
    return '';
  }
  const isStale = (trust.nowMs ?? 0) - Date.parse(time ?? '') > dayMs;
  return `; ${isStale ? 'stale: ' : ''}${since === 1 ? 'the entry' : `the ${since} entries`} since then nobody outside has seen`;
}

function describeStrangers({ anchors: { strangers } }: Seen): string {
  return strangers === 0 ? '' : `; by nobody that is known here, and so not counted: ${strangers}`;
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

/** A receipt that was told where its decision stands must find it there. */
function checkDecision(
  { name, receipt }: Trust['receipts'][number],
  seen: Seen,
  report: Report,
): void {
  const counted: readonly string[] = [approvalNamespace, reviewNamespace];
  const wasRecorded = receipt.recorded !== null && counted.includes(receipt.namespace);
  const index = receipt.recorded?.index ?? null;
  if (!wasRecorded || seen.decisions.has(decisionId(receipt.signed))) {
    return;
  }
  if (index !== null && seen.isPruned(index)) {
    const message = `receipt ${name}: the decision it stands for was pruned`;
    report({ verdict: 'completeness', code: 'W_REDACTED', index, message });
  } else {
    report({
      verdict: 'completeness',
      code: 'E_DECISION_MISSING',
      index,
      message: `receipt ${name}: the decision it stands for is not in the log`,
    });
  }
}
