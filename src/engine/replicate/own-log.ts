import { JournalError } from '../../base/errors.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import {
  type LogView,
  type Sink,
  SinkConflict,
  type SinkHead,
  type SinkPlace,
} from '../../sinks/sink.ts';
import type { Head, Store } from '../../store/store.ts';
import { type HeadVerdict, judgeHead } from './judge-head.ts';

/** The log as a sink may read it. */
export function logView(store: Store): LogView {
  return {
    origin: store.origin,
    head: () => store.head(),
    entries: (from, to) => store.entries(from, to),
    nodes: (level, from, to) => store.nodes(level, from, to),
    consistencyProof: (from, to) => store.consistencyProof(from, to),
  };
}

/**
 * The next head to deliver after `from`: at most `batch` entries further, unless a single commit holds
 * more. `from` lies below the newest head.
 */
export async function nextHead(store: Store, from: number, batch: number): Promise<Head> {
  const newest = await store.head();
  for (let reach = batch; from + reach < newest.size; reach *= 2) {
    const head = await store.headUpTo(from + reach);
    if (head !== null && head.size > from) {
      return head;
    }
  }
  return newest;
}

/** Whether a head is ours. Our own newest is read after theirs came: we may have grown meanwhile. */
export async function judgeTheirs(store: Store, theirs: SinkHead | null): Promise<HeadVerdict> {
  const { size } = await store.head();
  const root = await ownRoot(store, theirs?.size ?? 0);
  return judgeHead(theirs, { size, rootAt: () => root });
}

/** Of what we had at a size; nobody's root where we never had it. */
async function ownRoot(store: Store, claimed: number): Promise<Buffer> {
  const { size } = await store.head();
  const isWithin = Number.isSafeInteger(claimed) && claimed > 0 && claimed <= size;
  return rootOfPeaks(isWithin ? await store.peaks(claimed) : []);
}

/**
 * Answers the head where it is ours; of one that names a size alone, ours of that size. Throws SinkConflict `E_ROLLBACK`, `E_FORK`, JournalError
 * `sink_answer` for what is no head at all. `note` is the one over theirs, where they keep one.
 */
export async function acceptHead(
  store: Store,
  { name }: Pick<Sink, 'name'>,
  theirs: SinkPlace & { readonly note?: string | null },
): Promise<SinkHead> {
  const { size, note = null } = theirs;
  const root = theirs.root ?? (await ownRoot(store, size));
  const refuse = (code: 'E_ROLLBACK' | 'E_FORK', message: string): SinkConflict =>
    new SinkConflict(code, { sink: name, message, theirs: { size, root, note } });
  switch (await judgeTheirs(store, { size, root })) {
    case 'ok':
      return { size, root };
    case 'ahead': {
      const own = await store.head();
      throw refuse('E_ROLLBACK', `it has ${size} entries, and this journal ${own.size}`);
    }
    case 'fork':
      throw refuse('E_FORK', `its ${size} entries are not the ones of this journal`);
    case 'nonsense':
      throw new JournalError({
        code: 'sink_answer',
        message: `sink \`${name}\`: its answer is the head of no log`,
      });
  }
}
