import { formatDuration } from '../../base/duration.ts';
import { JournalError } from '../../base/errors.ts';
import type { RemoteDemand } from '../../policy/policy.ts';
import type { RemoteCopy } from '../../run/remote-copy.ts';
import { type Sink, SinkConflict } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { conflictOf } from './cursor.ts';
import { syncSafely } from './sync-all.ts';
import type { Standing } from './sync-sink.ts';

/** Without a demand, and for sinks that none is about, a privileged start waits no longer. */
const bestMs = 2000;

/**
 * Before a privileged start is recorded: the journal as it stands reaches the copies, and each of them says
 * what it has. Throws SinkConflict (`E_ROLLBACK`, `E_FORK`) where one of them, demanded or not, has a
 * history that is not ours, JournalError `remote_missing` where fewer than demanded have it in time. Nothing
 * is used up by either.
 */
export async function reachCopies(engine: Engine, demand: RemoteDemand | null): Promise<void> {
  if (engine.sinks.length === 0 && demand === null) {
    return;
  }
  const { size } = await engine.store.head();
  const standings = await gather(engine, { demand, to: size, confirm: true });
  const conflict = conflictIn(standings);
  if (conflict !== null) {
    throw conflict;
  }
  const unmet = demand === null ? null : whyUnmet(standings, demand);
  if (unmet !== null) {
    throw new JournalError({
      code: 'remote_missing',
      message: `privileged steps are blocked: ${unmet}`,
      hint: '`runbook audit sync` brings the copies up to date; then `runbook resume`',
    });
  }
}

/** What became of a start that is recorded: who has it elsewhere, or why it must not run. */
export type Covered =
  | { readonly kind: 'covered'; readonly copies: readonly RemoteCopy[] }
  | { readonly kind: 'missing'; readonly reason: string };

/**
 * After `step.started` is durable here and before anything is spawned: as many copies as demanded have it,
 * too, so that nobody who then takes this machine can unsay it. `size` is the head that covers the entry.
 */
export async function coverStart(
  engine: Engine,
  demand: RemoteDemand,
  size: number,
): Promise<Covered> {
  const standings = await gather(engine, { demand, to: size, confirm: false });
  const reason = conflictIn(standings)?.message ?? whyUnmet(standings, demand);
  if (reason !== null) {
    return { kind: 'missing', reason };
  }
  const copies = await Promise.all(
    standings.filter(hasIt).map((standing) => copyOf(engine, standing)),
  );
  return { kind: 'covered', copies };
}

/** All sinks at once. Those demanded are asked again and again until enough of them have it, or time is up. */
async function gather(
  engine: Engine,
  of: { readonly demand: RemoteDemand | null; readonly to: number; readonly confirm: boolean },
): Promise<readonly Standing[]> {
  const { demand, to, confirm } = of;
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
  let missing = demand?.required ?? 0;
  const sync = async (sink: Sink): Promise<Standing> => {
    const isAwaited = demand !== null && sink.counts;
    const standing = await syncSafely(engine, sink, {
      to,
      confirm,
      signal: isAwaited ? over.signal : soon.signal,
      retry: isAwaited ? enough.signal : null,
    });
    missing -= hasIt(standing) ? 1 : 0;
    if (missing <= 0) {
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

/** Counts for a demand, and has come as far as it was to. */
function hasIt({ sink, trouble }: Standing): boolean {
  return sink.counts && trouble === null;
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
): string | null {
  const having = standings.filter(hasIt);
  if (having.length >= required) {
    return null;
  }
  const lacking = standings.filter(({ sink, trouble }) => sink.counts && trouble !== null);
  const who = [...having.map(({ sink }) => `\`${sink.name}\` has it`), ...lacking.map(whyLacking)];
  const copies = required === 1 ? '1 copy' : `${required} copies`;
  const names = who.length === 0 ? 'no sink of `config.yaml` counts' : who.join('; ');
  return `policy demands ${copies} elsewhere within ${formatDuration(within_ms)}, and ${having.length} acknowledged: ${names}`;
}

function whyLacking({ sink, trouble }: Standing): string {
  const message = trouble?.message ?? 'it does not have it';
  return message.includes(`\`${sink.name}\``) ? message : `sink \`${sink.name}\`: ${message}`;
}

/** With the evidence that came with its acknowledgement, whoever brought it there. */
async function copyOf({ store }: Engine, { sink, cursor }: Standing): Promise<RemoteCopy> {
  const { size, root } = cursor;
  const anchor = (await store.anchors(size, size + 1)).findLast(
    (each) => each.by === sink.name && each.root === root,
  );
  const { kind = 'copy', evidence = null } = anchor ?? {};
  return { sink: sink.name, kind, size, root, evidence };
}
