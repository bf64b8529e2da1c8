import { formatDuration } from '../../base/duration.ts';
import { JournalError } from '../../base/errors.ts';
import type { RemoteDemand } from '../../policy/policy.ts';
import { type CountingSink, copiesAmong } from '../../policy/remote.ts';
import { type CoveredStart, type RemoteCopy, weighCopy } from '../../run/remote-copy.ts';
import { type SignedHead, type Sink, SinkConflict } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { conflictOf } from './cursor.ts';
import { syncSafely } from './sync-all.ts';
import type { Standing } from './sync-sink.ts';

/** Without a demand, and for sinks that none is about, a privileged start waits no longer. */
const bestMs = 2000;

/** What a privileged start waits for. */
export interface Wait {
  readonly demand: RemoteDemand | null;
  /** By the configuration in force. */
  readonly counting: readonly CountingSink[];
  /** Ends the wait. */
  readonly stop: AbortSignal;
}

/**
 * Before a privileged start is recorded: the journal as it stands reaches the copies, and each of them says
 * what it has. False where the wait was ended. Throws SinkConflict (`E_ROLLBACK`, `E_FORK`) where one of
 * them, demanded or not, has a history that is not ours, JournalError `remote_missing` where fewer than
 * demanded have it in time. Nothing is used up by any of it.
 */
export async function reachCopies(engine: Engine, wait: Wait): Promise<boolean> {
  const { demand, counting, stop } = wait;
  if (engine.sinks.length === 0 && demand === null) {
    return true;
  }
  const { size } = await engine.store.head();
  const has = (standing: Standing): boolean => hasSaid(standing, counting, size);
  const standings = await gather(engine, wait, { to: size, has });
  if (stop.aborted) {
    return false;
  }
  const conflict = conflictIn(standings);
  if (conflict !== null) {
    throw conflict;
  }
  const unmet = demand === null ? null : whyUnmet(standings, demand, { counting, has });
  if (unmet !== null) {
    throw new JournalError({
      code: 'remote_missing',
      message: `privileged steps are blocked: ${unmet}`,
      hint: hintIn(standings),
    });
  }
  return true;
}

/** What a sink itself says helps does; another try of ours would not. */
function hintIn(standings: readonly Standing[]): string {
  const known = standings.flatMap(({ sink, trouble }) =>
    sink.counts && trouble?.hint !== undefined ? [`\`${sink.name}\`: ${trouble.hint}`] : [],
  );
  return known.length === 0
    ? '`runbook audit sync` brings the copies up to date; then `runbook resume`'
    : `${known.join('; ')}; then \`runbook resume\``;
}

/** What became of a start that is recorded: who has it elsewhere, or why it must not run. */
export type Covered =
  | { readonly kind: 'covered'; readonly copies: readonly RemoteCopy[] }
  | { readonly kind: 'missing'; readonly reason: string };

/**
 * After `step.started` is durable here and before anything is spawned: as many copies as demanded have it,
 * too, so that nobody who then takes this machine can unsay it. `head` is the one that the start, its last
 * entry, was committed under. Only what an audit will accept counts.
 */
export async function coverStart(
  engine: Engine,
  wait: Wait & { readonly demand: RemoteDemand },
  head: SignedHead,
): Promise<Covered> {
  const { demand, counting, stop } = wait;
  const start: CoveredStart = {
    origin: engine.store.origin,
    startedMs: Date.parse(head.time),
    withinMs: demand.within_ms,
  };
  const isSound = (copy: RemoteCopy): boolean =>
    counting.some(({ name, key }) => name === copy.sink && weighCopy(copy, key, start) !== 'wrong');
  const has = (standing: Standing): boolean =>
    hasSaid(standing, counting, head.size) && copyOf(standing).every(isSound);
  const standings = await gather(engine, wait, { to: head.size, has });
  const reason = conflictIn(standings)?.message ?? whyUnmet(standings, demand, { counting, has });
  return reason === null
    ? { kind: 'covered', copies: standings.filter(has).flatMap(copyOf) }
    : { kind: 'missing', reason: `${stop.aborted ? 'interrupted: ' : ''}${reason}` };
}

/** All sinks at once. Those demanded are asked again and again until enough of them have it, or time is up. */
async function gather(
  engine: Engine,
  { demand, counting, stop }: Wait,
  { to, has }: { readonly to: number; readonly has: (standing: Standing) => boolean },
): Promise<readonly Standing[]> {
  const limitMs = demand?.within_ms ?? bestMs;
  const [over, soon, enough] = [
    new AbortController(),
    new AbortController(),
    new AbortController(),
  ];
  const timers = [
    setTimeout(() => over.abort(), limitMs),
    setTimeout(() => soon.abort(), Math.min(bestMs, limitMs)),
  ];
  const having: Standing[] = [];
  const sync = async (sink: Sink): Promise<Standing> => {
    const isAwaited = demand !== null && namedIn(counting, sink) !== null;
    const limit = isAwaited ? over.signal : soon.signal;
    const standing = await syncSafely(engine, sink, {
      to,
      confirm: true,
      signal: AbortSignal.any([limit, stop]),
      retry: isAwaited ? enough.signal : null,
    });
    having.push(...(has(standing) ? [standing] : []));
    if (copiesIn(having, counting) >= (demand?.required ?? 0)) {
      // One that hangs must not hold up what the others are enough for.
      enough.abort();
      whenAborted(soon.signal, () => over.abort());
    }
    return standing;
  };
  try {
    return await Promise.all(engine.sinks.filter(({ wants }) => wants === 'head').map(sync));
  } finally {
    timers.forEach(clearTimeout);
  }
}

function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) {
    then();
  } else {
    signal.addEventListener('abort', then, { once: true });
  }
}

function namedIn(counting: readonly CountingSink[], { name }: Sink): CountingSink | null {
  return counting.find((each) => each.name === name) ?? null;
}

/** Counts for a demand, and said itself, to us and now, that it has come as far as it was to. */
function hasSaid(
  { sink, heard, trouble }: Standing,
  counting: readonly CountingSink[],
  to: number,
): boolean {
  return trouble === null && heard !== null && heard.size >= to && namedIn(counting, sink) !== null;
}

/** One holder that goes by two names is one copy. */
function copiesIn(having: readonly Standing[], counting: readonly CountingSink[]): number {
  return copiesAmong(having.flatMap(({ sink }) => namedIn(counting, sink) ?? [])).length;
}

/** Also one that was told of earlier by a side that now says nothing: it would only have to be cut off. */
function conflictIn(standings: readonly Standing[]): SinkConflict | null {
  const conflicts = standings.map(({ sink, trouble, cursor }) =>
    trouble instanceof SinkConflict ? trouble : conflictOf(sink, cursor),
  );
  return conflicts.find((conflict) => conflict !== null) ?? null;
}

function whyUnmet(
  standings: readonly Standing[],
  { required, within_ms }: RemoteDemand,
  of: { readonly counting: readonly CountingSink[]; readonly has: (each: Standing) => boolean },
): string | null {
  const having = standings.filter(of.has);
  const copies = copiesIn(having, of.counting);
  if (copies >= required) {
    return null;
  }
  const lacking = standings.filter(
    (each) => namedIn(of.counting, each.sink) !== null && !of.has(each),
  );
  const who = [
    ...having.map(({ sink }) => `\`${sink.name}\` has it`),
    ...(having.length > copies ? ['of those that are one and the same, one counts'] : []),
    ...lacking.map(whyLacking),
  ];
  const demanded = required === 1 ? '1 copy' : `${required} copies`;
  const names = who.length === 0 ? 'no sink of `config.yaml` counts' : who.join('; ');
  return `policy demands ${demanded} elsewhere within ${formatDuration(within_ms)}, and ${copies} acknowledged: ${names}`;
}

function whyLacking({ sink, trouble }: Standing): string {
  const message = trouble?.message ?? 'what it says does not show that it has it';
  return message.includes(`\`${sink.name}\``) ? message : `sink \`${sink.name}\`: ${message}`;
}

/** As it said it itself, with the evidence that came with that; none of one that said nothing. */
function copyOf({ sink, heard }: Standing): readonly RemoteCopy[] {
  if (heard === null) {
    return [];
  }
  const { size, root, anchor } = heard;
  const { kind = 'copy', evidence = null } = anchor ?? {};
  return [{ sink: sink.name, kind, size, root: root.toString('base64'), evidence }];
}
