import type { Anchor } from '../journal/anchor.ts';

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
