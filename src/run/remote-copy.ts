import type { Anchor } from '../journal/anchor.ts';
import { formatCheckpoint } from '../journal/checkpoint.ts';
import { verifyCosignatures } from '../journal/cosignature.ts';
import { parseVerifierKey } from '../journal/verifier-key.ts';

/** A head that covers a start, as a sink acknowledged it. */
export interface RemoteCopy {
  /** Its name in `config.yaml`. */
  readonly sink: string;
  readonly kind: Anchor['kind'];
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** As in an anchor; null where there is only our own word for it. */
  readonly evidence: string | null;
}

/** A start that a copy must have had before anything was spawned. */
export interface CoveredStart {
  readonly origin: string;
  /** When it was recorded, and how long copies may take from then. */
  readonly startedMs: number;
  readonly withinMs: number;
}

/** What a cosigner's clock may be off ours, as where its answer is taken. */
const maxSkewMs = 300_000;

/**
 * What a copy proves of a start. A sink whose key is configured must prove what it has, under that key and
 * with a time by which nothing had run: any other answer is not its own. Others are taken at our word.
 */
export function weighCopy(
  copy: RemoteCopy,
  key: string | null,
  start: CoveredStart,
): 'proven' | 'word' | 'wrong' {
  if (key === null) {
    return 'word';
  }
  return timesOf(copy, key, start.origin).some((ms) => isInTime(ms, start)) ? 'proven' : 'wrong';
}

function isInTime(ms: number, { startedMs, withinMs }: CoveredStart): boolean {
  return ms >= startedMs - maxSkewMs && ms <= startedMs + withinMs + maxSkewMs;
}

/** When it was cosigned under this key, by the cosigner's clock; none where that does not hold. */
function timesOf(
  { kind, evidence, size, root }: RemoteCopy,
  key: string,
  origin: string,
): readonly number[] {
  if (kind !== 'cosignature' || evidence === null) {
    return [];
  }
  try {
    const body = formatCheckpoint({ origin, size, root: Buffer.from(root, 'base64') });
    const keys = [parseVerifierKey(key, 'cosignature')];
    return verifyCosignatures(`${body}\n${evidence}`, keys).map(
      ({ timeSeconds }) => timeSeconds * 1000,
    );
  } catch {
    return [];
  }
}
