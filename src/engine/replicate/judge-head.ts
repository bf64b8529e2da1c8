import type { SinkHead } from '../../sinks/sink.ts';

/** What a head of the other side says about our log, or about theirs. */
export type HeadVerdict =
  /** Ours had this very head, or they have nothing. */
  | 'ok'
  /** It has entries that we do not: our log was put back to an older state. */
  | 'ahead'
  /** At that size ours had other entries. */
  | 'fork'
  /** No log has such a head: whoever says so is broken, and nothing follows for ours. */
  | 'nonsense';

/** Our own log, as it stands by now: read it after the other side answered, never before. */
export interface OwnLog {
  readonly size: number;
  /** RFC 6962 root that it had at `1 <= size <= this.size`. */
  readonly rootAt: (size: number) => Buffer;
}

const rootBytes = 32;

/** Is the head that another side has one of ours? Null and size 0 claim nothing, whatever root they name. */
export function judgeHead(theirs: SinkHead | null, ours: OwnLog): HeadVerdict {
  if (theirs === null || theirs.size === 0) {
    return 'ok';
  }
  const { size, root } = theirs;
  if (!Number.isSafeInteger(size) || size < 0 || root.length !== rootBytes) {
    return 'nonsense';
  }
  if (size > ours.size) {
    return 'ahead';
  }
  return ours.rootAt(size).equals(root) ? 'ok' : 'fork';
}
