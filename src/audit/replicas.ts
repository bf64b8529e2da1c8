import type { Finding, Report } from './finding.ts';

/** A sink of the configuration, and how far it has the log. */
export interface Replica {
  /** Its name in `config.yaml`. */
  readonly name: string;
  readonly kind: string;
  /** The newest head that it acknowledged, by what was kept of it; null where it never did. */
  readonly acknowledged: {
    readonly size: number;
    /** Base64. */
    readonly root: string;
    /** RFC 3339. */
    readonly at: string | null;
  } | null;
  /** What it said when it was asked just now, or, where nobody asked, the contradiction that it last spoke of. */
  readonly said: ReplicaAnswer | null;
}

export type ReplicaAnswer =
  /** `root` is null where it names a size, and stands by nothing of it. */
  | { readonly kind: 'head'; readonly size: number; readonly root: string | null }
  /** It has nothing, or is no side that says what it has. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreachable'; readonly why: string }
  | {
      readonly kind: 'conflict';
      readonly code: 'E_ROLLBACK' | 'E_FORK';
      readonly message: string;
      /** The note over the head that it has, where it keeps one. */
      readonly note: string | null;
    };

interface Seen {
  readonly size: number;
  readonly rootAt: (size: number) => string | null;
  /** How many `sink.gap` entries the log has. */
  readonly gaps: number;
}

interface Answer {
  readonly anchor: string;
  readonly anchored_at: string | null;
  readonly judged: boolean;
}

/**
 * Which copies exist, how far each goes, and whether one of them has another history. A copy that is only
 * behind is said; what a copy has not got cannot be held against the log.
 */
export function judgeReplicas(
  replicas: readonly Replica[] | undefined,
  seen: Seen,
  report: Report,
): Answer {
  if (replicas === undefined || replicas.length === 0) {
    const why =
      replicas === undefined ? 'not judged: only a journal knows its copies' : 'none configured';
    return { anchor: `${why}${gapsOf(seen)}`, anchored_at: null, judged: false };
  }
  for (const replica of replicas) {
    for (const [code, message, index] of flawsOf(replica, seen)) {
      const said = `${replica.kind} ${replica.name}: ${message}`;
      report({ verdict: 'replicas', code, index, message: said });
    }
  }
  const times = replicas.flatMap(({ acknowledged }) => acknowledged?.at ?? []).sort();
  return {
    anchor: `${replicas.map((each) => describe(each, seen)).join('; ')}${gapsOf(seen)}`,
    anchored_at: times.at(-1) ?? null,
    judged: true,
  };
}

type Flaw = readonly [Finding['code'], string, number | null];

function flawsOf({ acknowledged, said }: Replica, seen: Seen): readonly Flaw[] {
  const never: readonly Flaw[] =
    acknowledged === null ? [['W_UNACKED', 'it has never acknowledged an entry', null]] : [];
  if (said?.kind === 'conflict') {
    const index = said.code === 'E_ROLLBACK' ? seen.size : null;
    return [...never, [said.code, said.message, index]];
  }
  return [
    ...never,
    ...(acknowledged === null ? [] : contradictions('it acknowledged', acknowledged, seen)),
    ...(said?.kind === 'head' ? contradictions('it has', said, seen) : []),
  ];
}

function contradictions(
  verb: string,
  head: { readonly size: number; readonly root: string | null },
  { size, rootAt }: Seen,
): readonly Flaw[] {
  if (head.size > size) {
    return [['E_ROLLBACK', `${verb} ${head.size} entries, and the log has ${size}`, size]];
  }
  return head.size > 0 && head.root !== null && rootAt(head.size) !== head.root
    ? [['E_FORK', `the first ${head.size} entries are not the ones that ${verb}`, null]]
    : [];
}

function describe({ name, kind, acknowledged, said }: Replica, { size }: Seen): string {
  const has =
    acknowledged === null
      ? 'nothing acknowledged'
      : `${acknowledged.size} of ${size} acknowledged${behind(size - acknowledged.size)}`;
  return `${kind} ${name}: ${has}${describeAnswer(said)}`;
}

function behind(entries: number): string {
  return entries > 0 ? `, ${entries} behind` : '';
}

function describeAnswer(said: ReplicaAnswer | null): string {
  switch (said?.kind) {
    case undefined:
      return '';
    case 'head':
      return said.root === null ? `, names ${said.size}, unproven` : `, has ${said.size} now`;
    case 'nothing':
      return ', says nothing of what it has';
    case 'unreachable':
      return `, cannot be asked: ${said.why}`;
    case 'conflict':
      return ', contradicts';
  }
}

function gapsOf({ gaps }: Seen): string {
  return gaps === 0 ? '' : `; outages recorded: ${gaps}`;
}
