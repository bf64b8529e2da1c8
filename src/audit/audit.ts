import { RunbookError } from '../base/errors.ts';
import { newestKey } from '../journal/key-history.ts';
import { decodeLeaf, type Leaf, leafHash } from '../journal/leaf.ts';
import { MerkleTree } from '../journal/tree.ts';
import type { Recorded } from '../run/events.ts';
import { recordedFrom } from '../run/recorded.ts';
import { Authorization } from './authorization.ts';
import { judgeCompleteness } from './completeness.ts';
import type { Exhibit, StoredLeaf, Trust } from './exhibit.ts';
import { type Finding, isWarning, type VerdictName } from './finding.ts';
import { checkHead, type SignedHead } from './heads.ts';
import { watchKeys } from './keys.ts';
import { openTimeline } from './timeline.ts';

/** One question answered apart from the others, with what the answer rests on. */
export interface AuditVerdict {
  readonly name: VerdictName;
  /** Null where it was not judged; the anchor says why. */
  readonly ok: boolean | null;
  readonly anchor: string;
  readonly anchored_at: string | null;
}

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
  /** Holds a signed head against the entries so far. */
  addHead(head: SignedHead): void;
  /** Takes what whoever feeds the audit found about the journal's own tables. */
  note(finding: Finding): void;
  findings(): readonly Finding[];
  /** The answers, once the last entry and head were added. */
  verdicts(): readonly AuditVerdict[];
}

/** Begins an audit of one log. Pure: no clock, no disk, no key but the ones it is told. */
export function beginAudit(trust: Trust): Audit {
  const findings: Finding[] = [];
  const report = (finding: Finding): void => {
    findings.push(finding);
  };
  const tree = new MerkleTree();
  const rootAt = (size: number): string | null => tree.rootAt(size)?.toString('base64') ?? null;
  const timeline = openTimeline(report);
  const keys = watchKeys(trust, rootAt, report);
  const authorization = new Authorization({ origin: trust.origin, rootAt, report });
  let lastHead: SignedHead | null = null;
  let heads = 0;
  const read: Audit['read'] = (stored) => {
    const expected = tree.size;
    tree.append(leafHash(stored.bytes));
    const known = readEntry(stored, { expected, origin: trust.origin }, report);
    if (known !== null) {
      timeline.add(known.leaf);
      keys.add(known.entry);
    }
    return known?.entry ?? null;
  };
  const judge: Audit['judge'] = (entry, blobs) => {
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
    addHead: (head) => {
      lastHead = head;
      heads += 1;
      checkHead(head, { keys: keys.history(), rootAt }, report);
    },
    note: report,
    findings: () => findings,
    verdicts: () => {
      const { decisions } = authorization;
      const seen = { size: tree.size, rootAt, keys: keys.history(), decisions };
      const { held, ...completeness } = judgeCompleteness(trust, seen, report);
      keys.conclude(held);
      const lastTime = timeline.last();
      const owed = judgeOwed(authorization, { trust, lastTime }, report);
      const { id: key } = newestKey(seen.keys);
      const facts = { completeness, authorization, key, heads, lastTime, owed };
      return sumUp(lastHead, facts).map((verdict) => ({
        ...verdict,
        ok: !findings.some(({ verdict: of, code }) => of === verdict.name && !isWarning(code)),
      }));
    },
  };
}

type Answer = Omit<AuditVerdict, 'ok'>;

function sumUp(
  head: SignedHead | null,
  facts: {
    readonly completeness: Omit<Answer, 'name'>;
    readonly authorization: Pick<Authorization, 'spawns' | 'grants' | 'lent' | 'attested'>;
    readonly key: string;
    readonly heads: number;
    readonly owed: number;
    readonly lastTime: string | null;
  },
): readonly Answer[] {
  const { spawns, grants, lent, attested } = facts.authorization;
  const now = { anchored_at: facts.lastTime };
  return [
    {
      name: 'integrity',
      anchor: `head of ${head?.size ?? 0} entries and ${Math.max(0, facts.heads - 1)} before it, signed by key ${facts.key}`,
      ...now,
    },
    { name: 'completeness', ...facts.completeness },
    {
      name: 'authorization',
      anchor: `policy and people then in force, replayed over ${spawns} spawns (${grants} under an approval${lentOf(lent)})${unsigned(attested)}${unreviewed(facts.owed)}`,
      ...now,
    },
    { name: 'time', anchor: "the machine's own clocks", ...now },
  ];
}

/** Approvals of other runs that were asked to hold for later ones. */
function lentOf(lent: number): string {
  return lent === 0 ? '' : `, ${lent} of them lent by other runs`;
}

/** What no signature of a person's backs is said with the verdict that rests on it. */
function unsigned(attested: number): string {
  return attested === 0 ? '' : `; decisions attested, not signed: ${attested}`;
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

function unreviewed(owed: number): string {
  return owed === 0 ? '' : `; break-glass reviews owed: ${owed}`;
}

function readEntry(
  exhibit: StoredLeaf,
  of: { readonly expected: number; readonly origin: string },
  report: (finding: Finding) => void,
): { readonly leaf: Leaf; readonly entry: Recorded } | null {
  const complain = (code: Finding['code'], message: string): null => {
    report({ verdict: 'integrity', code, index: of.expected, message });
    return null;
  };
  if (exhibit.seq !== of.expected) {
    complain('E_SEQ', `entry ${of.expected} is missing: the next one stored is ${exhibit.seq}`);
  }
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

function checkBlobs(
  exhibit: Pick<Exhibit, 'seq' | 'blobs'>,
  report: (finding: Finding) => void,
): void {
  for (const [id, blob] of exhibit.blobs) {
    if (blob.state !== 'ok') {
      report({
        verdict: 'integrity',
        code: blob.state === 'missing' ? 'E_BLOB_MISSING' : 'E_BLOB_ALTERED',
        index: exhibit.seq,
        message: `blob ${id.slice(0, 12)}… is ${blob.state}, and no entry says that it was erased`,
      });
    }
  }
}
