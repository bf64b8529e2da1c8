import type { Authorization } from './authorization.ts';
import type { AuditVerdict } from './bounds.ts';
import type { Completeness } from './completeness.ts';
import { type Finding, isWarning, type VerdictName } from './finding.ts';
import { nameOf, type OutsideHead } from './outside.ts';
import type { judgeReplicas } from './replicas.ts';

/** All that was found, when the last entry and head were added. */
export interface Facts {
  /** The newest head, how many were opened with it, and the id of the key that signs now. */
  readonly head: { readonly size: number; readonly count: number; readonly key: string };
  readonly completeness: Completeness;
  readonly authorization: Pick<Authorization, 'starts' | 'attested' | 'loggedIn' | 'remote'>;
  /** Starts that could not be judged for want of content, which was erased or not disclosed. */
  readonly unseen: { readonly blind: number; readonly isWithheld: boolean };
  readonly replicas: ReturnType<typeof judgeReplicas>;
  readonly owed: number;
  /** Entries of which only the hash is there. */
  readonly pruned: number;
  readonly lastTime: string | null;
  readonly findings: readonly Finding[];
}

/** The five answers. A warning makes none of them false; what could not be judged is not said to be right. */
export function sumUp(facts: Facts): readonly AuditVerdict[] {
  const { completeness, authorization, replicas, head, lastTime } = facts;
  const { starts } = authorization;
  const answer = (
    name: VerdictName,
    { anchor, anchored_at }: Pick<AuditVerdict, 'anchor' | 'anchored_at'>,
  ): AuditVerdict => {
    const ok = !facts.findings.some((each) => each.verdict === name && !isWarning(each.code));
    return { name, ok, anchor, anchored_at };
  };
  const now = (anchor: string): Pick<AuditVerdict, 'anchor' | 'anchored_at'> => ({
    anchor,
    anchored_at: lastTime,
  });
  const copies = answer('replicas', replicas);
  const authorized = answer(
    'authorization',
    now(
      `policy and people then in force, replayed over ${starts.all} spawns (${starts.granted} under an approval${lentOf(starts.lent)})${unsigned(authorization)}${unreviewed(facts.owed)}${copied(authorization.remote())}${byHash(facts.pruned)}${unseen(facts)}`,
    ),
  );
  return [
    answer(
      'integrity',
      now(
        `head of ${head.size} entries and ${Math.max(0, head.count - 1)} before it, signed by key ${head.key}${byHash(facts.pruned)}`,
      ),
    ),
    answer('completeness', completeness),
    { ...authorized, ok: authorized.ok && facts.unseen.blind > 0 ? null : authorized.ok },
    answer('time', now(`the machine's own clocks${boundedBy(completeness.held)}`)),
    { ...copies, ok: copies.ok === true && !replicas.judged ? null : copies.ok },
  ];
}

/** Approvals of other runs that were asked to hold for later ones. */
function lentOf(lent: number): string {
  return lent === 0 ? '' : `, ${lent} of them lent by other runs`;
}

/** A copy's own word is recorded by us: only a cosignature shows that anybody gave it. */
function copied({
  demanded,
  onWord,
  unjudged,
  unended,
}: ReturnType<Authorization['remote']>): string {
  const word = onWord === 0 ? '' : `, ${onWord} on recorded word alone`;
  const open =
    unjudged === 0 ? '' : `, ${unjudged} not judged: the roots of their copies are not in it`;
  const end = unended === 0 ? '' : `, ${unended} of no known end that name no copy`;
  return demanded === 0
    ? ''
    : `; starts that copies were demanded for: ${demanded}${word}${open}${end}`;
}

/** What no signature of a person's backs is said with the verdict that rests on it. */
function unsigned({ attested, loggedIn }: Pick<Authorization, 'attested' | 'loggedIn'>): string {
  const heard = attested === 0 ? '' : `; decisions attested, not signed: ${attested}`;
  return loggedIn === 0 ? heard : `${heard}; decisions logged in for anew, not signed: ${loggedIn}`;
}

/** What of a start nobody can see any more, or was not given away, is not said to have been replayed. */
function unseen({
  authorization,
  unseen: { blind, isWithheld },
}: Pick<Facts, 'authorization' | 'unseen'>): string {
  const { privileged, others } = authorization.starts.unplanned;
  const also = others === 0 ? '' : ` (and ${others} others)`;
  const why = isWithheld ? 'were not disclosed' : 'are gone';
  const plans = `; ${privileged} privileged starts${also} not replayed: plans ${why}`;
  const starts = `; starts not judged, for want of what they are to be held against: ${blind}`;
  const isWhole = privileged + others === 0 && !isWithheld;
  return `${isWhole ? '' : plans}${blind === 0 ? '' : starts}`;
}

/** That they were what may be pruned, nobody can see any more. */
function byHash(pruned: number): string {
  return pruned === 0 ? '' : `; entries known by their hashes alone: ${pruned}`;
}

function unreviewed(owed: number): string {
  return owed === 0 ? '' : `; break-glass reviews owed: ${owed}`;
}

/** Witnesses and timestamps say by when an entry was there; other clocks bound nothing. */
function boundedBy(held: readonly OutsideHead[]): string {
  const timed = held.filter(({ kind }) => kind === 'cosignature' || kind === 'timestamp');
  const names = [...new Set(timed.map(nameOf))];
  return names.length === 0 ? '' : `, and ${timed.length} heads timed by ${names.join('; ')}`;
}
