import type { Sha256 } from '../base/ids.ts';
import { newestKey } from '../journal/key-history.ts';
import type { Recorded } from '../run/events.ts';
import { Authorization } from './authorization.ts';
import { type AuditVerdict, type Bounds, boundAnswers } from './bounds.ts';
import { judgeCompleteness } from './completeness.ts';
import type { Exhibit, StoredLeaf, Trust } from './exhibit.ts';
import type { Finding, Report } from './finding.ts';
import { checkHead, type SignedHead } from './heads.ts';
import { type LogReader, openLogReader } from './read-log.ts';
import { openRedactions, type Redactions } from './redactions.ts';
import { openRemovedKeys, type RemovedKeys } from './removed-keys.ts';
import { judgeReplicas } from './replicas.ts';
import { type Facts, sumUp } from './sum-up.ts';

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
  const log = openLogReader(trust, report, bounds);
  const judges = openJudges(log, { trust, bounds }, report);
  const { judge, authorization, redactions } = judges;
  const heads = { size: 0, count: 0 };
  const forked: string[] = [];
  return {
    read: log.read,
    judge,
    add: (exhibit) => {
      const entry = log.read(exhibit);
      if (entry !== null) {
        judge(entry, exhibit.blobs);
      }
    },
    addPruned: ({ seq, hash }) => {
      log.place(seq, Buffer.from(hash, 'hex'));
      log.keys.addPruned(seq);
      redactions.addPruned(seq);
    },
    addHead: (head) => {
      heads.size = head.size;
      heads.count += 1;
      if (checkHead(head, { keys: log.history(), rootAt: log.rootAt }, report)) {
        log.keys.signed(head.size);
      }
    },
    note: report,
    end: log.end,
    findings: () => findings,
    forked: () => forked,
    verdicts: () => {
      const blind = redactions.conclude(report);
      const judged = conclude(log, { trust, ...judges }, report);
      forked.push(...judged.completeness.forked);
      const head = { ...heads, key: newestKey(log.history()).id };
      const pruned = redactions.pruned();
      const unseen = { blind, isWithheld: bounds.isWithheld ?? false };
      return boundAnswers(
        sumUp({ ...judged, authorization, unseen, head, pruned, findings }),
        bounds,
      );
    },
  };
}

/** Whoever judges what an entry says, with the blobs that it names. */
interface Judges {
  readonly redactions: Redactions;
  readonly authorization: Authorization;
  readonly removedKeys: RemovedKeys;
  readonly judge: Audit['judge'];
}

function openJudges(
  { rootAt }: LogReader,
  { trust, bounds }: { readonly trust: Trust; readonly bounds: Bounds },
  report: Report,
): Judges {
  const redactions = openRedactions(report);
  const removedKeys = openRemovedKeys(report);
  // Decisions are followed also where nothing is judged: receipts ask for them.
  const judged = bounds.unjudged === undefined ? redactions.judge : () => undefined;
  const authorization = new Authorization({ origin: trust.origin, rootAt, report: judged });
  return {
    redactions,
    authorization,
    removedKeys,
    judge: (entry, blobs) => {
      redactions.add(entry, blobs);
      checkBlobs({ seq: entry.seq, blobs }, report);
      authorization.add(entry, blobs);
      removedKeys.add(entry, blobs);
    },
  };
}

/** What can be said only now that the last entry came by. */
function conclude(
  log: LogReader,
  of: Judges & { readonly trust: Trust },
  report: Report,
): Pick<Facts, 'completeness' | 'replicas' | 'owed' | 'lastTime'> {
  const { trust, redactions, authorization } = of;
  const { rootAt, anchors } = log;
  const seen = { size: log.size(), rootAt, anchors, keys: log.history(), gaps: log.gaps() };
  const completeness = judgeCompleteness(
    trust,
    {
      ...seen,
      decisions: authorization.decisions,
      isPruned: (seq) => redactions.isPruned(seq),
    },
    report,
  );
  log.keys.conclude(
    completeness.held.filter(({ isProof }) => isProof),
    seen.size,
  );
  of.removedKeys.conclude(completeness.held);
  log.witnessed.conclude(new Set(completeness.held));
  const lastTime = log.lastTime();
  return {
    completeness,
    replicas: judgeReplicas(trust.replicas, seen, report),
    owed: judgeOwed(authorization, { trust, lastTime }, report),
    lastTime,
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

/** What is missing may have been erased: that is judged where the log ends. */
function checkBlobs({ seq, blobs }: Pick<Exhibit, 'seq' | 'blobs'>, report: Report): void {
  for (const [id, { state }] of blobs) {
    if (state === 'altered') {
      const message = `blob ${id.slice(0, 12)}… is not what the entry names`;
      report({ verdict: 'integrity', code: 'E_BLOB_ALTERED', index: seq, message });
    }
  }
}
