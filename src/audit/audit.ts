import { RunbookError } from '../base/errors.ts';
import type { Sha256 } from '../base/ids.ts';
import { newestKey } from '../journal/key-history.ts';
import { decodeLeaf, type Leaf, leafHash } from '../journal/leaf.ts';
import { MerkleTree } from '../journal/tree.ts';
import type { Recorded } from '../run/events.ts';
import { recordedFrom } from '../run/recorded.ts';
import { Authorization } from './authorization.ts';
import { type AuditVerdict, type Bounds, boundAnswers, gap } from './bounds.ts';
import { judgeCompleteness } from './completeness.ts';
import type { Exhibit, StoredLeaf, Trust } from './exhibit.ts';
import type { Finding, Report } from './finding.ts';
import { checkHead, type SignedHead } from './heads.ts';
import { watchKeys } from './keys.ts';
import { openRedactions } from './redactions.ts';
import { judgeReplicas } from './replicas.ts';
import { sumUp } from './sum-up.ts';
import { openTimeline } from './timeline.ts';
import { verifyAnchors } from './verify-anchors.ts';
import { openWitnessedTimes } from './witnessed-times.ts';

/** An audit under way: a fold over the log, in order, in bounded memory but for 64 bytes an entry. */
export interface Audit {
  /**
   * Takes the next entry: its place in the tree, its form, its clock. Answers what it says, for `judge`;
   * null where it cannot be read. Never throws for what is wrong with it: that is a finding.
   */
  read(entry: StoredLeaf): Recorded | null;
  /** Judges what `read` answered last, with the blobs that it names. */
  judge(entry: Recorded, blobs: Exhibit['blobs']): void;
  /** Both, for whoever knows the blobs beforehand. */
  add(exhibit: Exhibit): void;
  /** Takes, in its place, an entry of which only the leaf hash is there. */
  addPruned(leaf: { readonly seq: number; readonly hash: Sha256 }): void;
  /** Holds a signed head against the entries so far. */
  addHead(head: SignedHead): void;
  /** Takes what whoever feeds the audit found about the journal's own tables. */
  note(finding: Finding): void;
  /** No entry follows, and there must be so many: what is missing at the end is found here. */
  end(size: number): void;
  findings(): readonly Finding[];
  /** The answers, once the last entry and head were added. */
  verdicts(): readonly AuditVerdict[];
  /** Notes under the log's own key that contradict it, once `verdicts` was asked: each may become a proof. */
  forked(): readonly string[];
}

/** Begins an audit of one log. Pure: no clock, no disk, no key but the ones it is told. */
export function beginAudit(trust: Trust, bounds: Bounds = {}): Audit {
  const findings: Finding[] = [];
  const report = (finding: Finding): void => {
    findings.push(finding);
  };
  const tree = new MerkleTree();
  const { proven } = bounds;
  const rootAt = (size: number): string | null =>
    proven === undefined ? (tree.rootAt(size)?.toString('base64') ?? null) : proven.rootAt(size);
  const timeline = openTimeline(report);
  const keys = watchKeys(trust, rootAt, report);
  const redactions = openRedactions(report);
  const authorization = new Authorization({
    origin: trust.origin,
    rootAt,
    // Decisions are followed also where nothing is judged: receipts ask for them.
    report: bounds.unjudged === undefined ? redactions.judge : () => undefined,
  });
  const anchors = verifyAnchors(trust, report);
  const witnessed = openWitnessedTimes(anchors.heads, report);
  let lastHead: SignedHead | null = null;
  let heads = 0;
  let gaps = 0;
  let forked: readonly string[] = [];
  let next = 0;
  const place = (seq: number, hash: Buffer): void => {
    if (proven !== undefined) {
      return;
    }
    if (seq !== next) {
      report(gap(next, seq));
    }
    next = seq + 1;
    tree.append(hash);
  };
  const read: Audit['read'] = (stored) => {
    place(stored.seq, leafHash(stored.bytes));
    const known = readEntry(stored, trust, report);
    if (known !== null) {
      timeline.add(known.leaf);
      witnessed.add(known.leaf);
      gaps += known.leaf.type === 'sink.gap' ? 1 : 0;
      keys.add(known.entry);
    }
    return known?.entry ?? null;
  };
  const judge: Audit['judge'] = (entry, blobs) => {
    redactions.add(entry, blobs);
    checkBlobs({ seq: entry.seq, blobs }, report);
    authorization.add(entry, blobs);
  };
  return {
    read,
    judge,
    add: (exhibit) => {
      const entry = read(exhibit);
      if (entry !== null) {
        judge(entry, exhibit.blobs);
      }
    },
    addPruned: ({ seq, hash }) => {
      place(seq, Buffer.from(hash, 'hex'));
      redactions.addPruned(seq);
    },
    addHead: (head) => {
      lastHead = head;
      heads += 1;
      checkHead(head, { keys: keys.history(), rootAt }, report);
    },
    note: report,
    end: (size) => {
      if (next < size) {
        report(gap(next, size));
      }
    },
    findings: () => findings,
    forked: () => forked,
    verdicts: () => {
      const { decisions } = authorization;
      redactions.conclude(report);
      const isPruned = (seq: number): boolean => redactions.isPruned(seq);
      const found = { keys: keys.history(), anchors, decisions, gaps, isPruned };
      const seen = { size: proven?.size ?? tree.size, rootAt, ...found };
      const completeness = judgeCompleteness(trust, seen, report);
      const { held } = completeness;
      forked = completeness.forked;
      keys.conclude(held);
      witnessed.conclude(new Set(held));
      const replicas = judgeReplicas(trust.replicas, seen, report);
      const lastTime = timeline.last();
      const owed = judgeOwed(authorization, { trust, lastTime }, report);
      const { id: key } = newestKey(seen.keys);
      const head = { size: lastHead?.size ?? 0, count: heads, key };
      const judged = { completeness, authorization, replicas, held };
      const answers = sumUp({ ...judged, head, lastTime, owed, findings });
      return boundAnswers(answers, bounds);
    },
  };
}

/** What nobody reviewed in time is a finding; answers how many reviews are owed altogether. */
function judgeOwed(
  authorization: Pick<Authorization, 'owed'>,
  { trust, lastTime }: { readonly trust: Trust; readonly lastTime: string | null },
  report: (finding: Finding) => void,
): number {
  // A clock that was set back hides nothing that the journal has seen come.
  const nowMs = Math.max(trust.nowMs ?? 0, Date.parse(lastTime ?? '') || 0);
  const owed = authorization.owed(nowMs);
  for (const { index, request, scope, due } of owed.filter(({ overdue }) => overdue)) {
    const message = `the glass was broken in ${scope} by ${request}, and nobody reviewed it by ${due}`;
    report({ verdict: 'authorization', code: 'E_BREAK_GLASS', index, message });
  }
  return owed.length;
}

function readEntry(
  exhibit: StoredLeaf,
  of: Pick<Trust, 'origin'>,
  report: (finding: Finding) => void,
): { readonly leaf: Leaf; readonly entry: Recorded } | null {
  const complain = (code: Finding['code'], message: string): null => {
    report({ verdict: 'integrity', code, index: exhibit.seq, message });
    return null;
  };
  try {
    const leaf = decodeLeaf(exhibit.bytes);
    const entry = recordedFrom(leaf, exhibit);
    return leaf.origin === of.origin
      ? { leaf, entry }
      : complain('E_ORIGIN', `the entry says that it belongs to \`${leaf.origin}\``);
  } catch (error) {
    return complain(
      'E_LEAF',
      error instanceof RunbookError ? error.message : 'the entry cannot be read',
    );
  }
}

/** What is missing may have been erased: that is judged where the log ends. */
function checkBlobs({ seq, blobs }: Pick<Exhibit, 'seq' | 'blobs'>, report: Report): void {
  for (const [id, { state }] of blobs) {
    if (state === 'altered') {
      const message = `blob ${id.slice(0, 12)}… is not what the entry names`;
      report({ verdict: 'integrity', code: 'E_BLOB_ALTERED', index: seq, message });
    }
  }
}
