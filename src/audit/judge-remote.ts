import type { Asked } from '../policy/policy.ts';
import { type CountingSink, copiesAmong, countingSinks, demandsCopies } from '../policy/remote.ts';
import type { Recorded, StepFinished, StepStarted } from '../run/events.ts';
import { weighCopy } from '../run/remote-copy.ts';
import type { Docket, Replay } from './docket.ts';
import { replayVerdict } from './judge-unasked.ts';

/** The copies that privileged starts had to reach before anything was spawned, over the whole log. */
export interface Remotes {
  /** What is wrong with the copies of a start that has ended or must have, in words; null where nothing is. */
  judge(entry: Recorded, bench: Bench): string | null;
  figures(): Figures;
}

/** Starts that copies were demanded for, and of them: */
interface Figures {
  readonly demanded: number;
  /** Those that rest on the journal's own word. */
  readonly onWord: number;
  /** Those of which a part of the log cannot say whether the heads that were copied are its own. */
  readonly unjudged: number;
  /** Those that run, or whose process went away: copies are named at the end, and they have none. */
  readonly unended: number;
}

interface Bench {
  readonly docket: Docket;
  readonly replay: Replay;
}

/** A start that owes copies, by what was in force when it was recorded. */
interface Owed {
  readonly run: string | null;
  readonly seq: number;
  readonly startedMs: number;
  readonly required: number;
  readonly withinMs: number;
  readonly sinks: readonly CountingSink[];
  /** Its process went away, and the journal says so. */
  readonly isUnknown: boolean;
}

/** What is owed as far as the log was read, and what became of the rest. */
interface Books {
  readonly owing: Map<string, Owed>;
  demanded: number;
  onWord: number;
  unjudged: number;
}

export function openRemotes(): Remotes {
  const books: Books = { owing: new Map(), demanded: 0, onWord: 0, unjudged: 0 };
  return {
    judge(entry, bench) {
      const { event, run } = entry;
      if (event.type === 'step.finished' || event.type === 'step.late') {
        return settle(books, { entry, ended: event.data }, bench.docket);
      }
      if (event.type === 'step.unknown') {
        lose(books, nameOf(run, event.data));
      }
      return goOn(books, entry, bench);
    },
    figures: () => {
      const { owing, onWord, unjudged } = books;
      return { demanded: books.demanded + owing.size, onWord, unjudged, unended: owing.size };
    },
  };
}

function lose({ owing }: Books, name: string): void {
  const owed = owing.get(name);
  if (owed !== undefined) {
    owing.set(name, { ...owed, isUnknown: true });
  }
}

/** Whatever else happens in a run: it may begin something, and leave something behind. */
function goOn(books: Books, entry: Recorded, bench: Bench): string | null {
  const { event, run } = entry;
  const left = goesOn(event) ? leftBehind(books.owing, run) : [];
  books.demanded += left.length;
  const owed = event.type === 'step.started' ? owedBy(entry, event.data, bench) : null;
  if (event.type === 'step.started' && owed !== null) {
    books.owing.set(nameOf(run, event.data), owed);
  }
  return left.length === 0
    ? null
    : `the run goes on, and its start under entry ${left[0] ?? ''} names none of the copies that policy then in force demands`;
}

function settle(
  books: Books,
  { entry, ended }: { readonly entry: Recorded; readonly ended: StepFinished },
  docket: Docket,
): string | null {
  const name = nameOf(entry.run, ended);
  const owed = books.owing.get(name);
  books.owing.delete(name);
  if (owed === undefined || nothingRan(ended)) {
    return null;
  }
  const { all, known, proven } = copiesOf({ ended, seq: entry.seq, owed }, docket);
  books.demanded += 1;
  if (known < owed.required && all >= owed.required) {
    books.unjudged += 1;
    return null;
  }
  books.onWord += proven < owed.required ? 1 : 0;
  return known >= owed.required
    ? null
    : `policy then in force demands ${counted(owed.required)} elsewhere of its start, and it names ${known}`;
}

/** Takes out, and answers the entries of, starts that a run went on after without saying how they ended. */
function leftBehind(owing: Map<string, Owed>, run: string | null): readonly number[] {
  const left = [...owing].filter(([, owed]) => owed.run === run && !owed.isUnknown);
  for (const [name] of left) {
    owing.delete(name);
  }
  return left.map(([, { seq }]) => seq);
}

/** A run does one thing at a time: what it did before has ended, or nobody knows how and that is said. */
function goesOn({ type, data }: Recorded['event']): boolean {
  return (
    type === 'run.finished' ||
    type === 'step.skipped' ||
    (type === 'step.started' && data.permit.kind !== 'check')
  );
}

function counted(copies: number): string {
  return copies === 1 ? '1 copy' : `${copies} copies`;
}

function nameOf(
  run: string | null,
  { step, attempt }: Pick<StepStarted, 'step' | 'attempt'>,
): string {
  return `${run ?? ''} ${step} ${attempt}`;
}

function nothingRan({ outcome, failure }: StepFinished): boolean {
  return outcome === 'failed' && failure === 'start';
}

/** Most policies demand nothing, and then nothing is replayed for it. */
function owedBy(entry: Recorded, data: StepStarted, { docket, replay }: Bench): Owed | null {
  const { permit } = data;
  if (permit.kind !== 'grant' || !demandsCopies(docket.rules.policy)) {
    return null;
  }
  const { evaluation } = permit;
  const asked = askedOf(data, docket);
  const of = { entry, data, evaluation, ...(asked === null ? {} : { asked }) };
  const replayed = replayVerdict(of, { docket, replay });
  const verdict = replayed.kind === 'verdict' ? replayed.verdict : null;
  const demand = verdict?.kind === 'ask' ? verdict.remote : null;
  return demand === null
    ? null
    : {
        run: entry.run,
        seq: entry.seq,
        startedMs: Date.parse(entry.time),
        required: demand.required,
        withinMs: demand.within_ms,
        sinks: countingSinks(docket.config.sinks),
        isUnknown: false,
      };
}

/** A lent approval was judged by the rule that lent it; every other as the run was asked for. */
function askedOf({ permit }: StepStarted, docket: Docket): Asked | null {
  if (permit.kind !== 'grant' || permit.lent_by === undefined) {
    return null;
  }
  const reuse = docket.loanOf(permit.request)?.request.content.grant.reuse?.rule ?? null;
  return { breakGlass: null, overrides: [], reuse };
}

/**
 * How many counted, over heads of this very log that cover the start: in all, of those whose root is known
 * here, and of those that prove themselves. Part of a log may not know a root; heads from after the step
 * ended are known to nobody.
 */
function copiesOf(
  { ended, seq, owed }: { readonly ended: StepFinished; readonly seq: number; readonly owed: Owed },
  { origin, rootAt }: Docket,
): { readonly all: number; readonly known: number; readonly proven: number } {
  const { remote = [] } = ended;
  const weighed = owed.sinks.flatMap((sink) => {
    const copy = remote.find((each) => each.sink === sink.name);
    if (copy === undefined || copy.size <= owed.seq || copy.size > seq) {
      return [];
    }
    const root = rootAt(copy.size);
    const weight = weighCopy(copy, sink.key, { origin, ...owed });
    return weight === 'wrong' || (root ?? copy.root) !== copy.root
      ? []
      : { sink, isKnown: root !== null, isProven: root !== null && weight === 'proven' };
  });
  const count = (those: typeof weighed): number =>
    copiesAmong(those.map(({ sink }) => sink)).length;
  return {
    all: count(weighed),
    known: count(weighed.filter(({ isKnown }) => isKnown)),
    proven: count(weighed.filter(({ isProven }) => isProven)),
  };
}
