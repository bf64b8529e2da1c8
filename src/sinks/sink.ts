import { IntegrityError } from '../base/errors.ts';
import type { Anchor, AnchorKey } from '../journal/anchor.ts';

/** A tree head as some other side has it. */
export interface SinkHead {
  readonly size: number;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Buffer;
}

/** A head that our log has signed. */
export interface SignedHead extends SinkHead {
  /** The whole signed note (C2SP checkpoint). */
  readonly note: string;
  /** Time of its last entry, RFC 3339. */
  readonly time: string;
}

/** What a sink may read of the log. Reads only; everything below a signed head stays as it is for ever. */
export interface LogView {
  readonly origin: string;
  /** Our newest signed head, as it is by now. */
  head(): Promise<SignedHead>;
  /** Entries `from <= seq < to` that are still whole, in order; pruned ones are left out. */
  entries(
    from: number,
    to: number,
  ): Promise<readonly { readonly seq: number; readonly bytes: Buffer }[]>;
  /** Roots of complete subtrees of `2^level` leaves, `from <= index < to`. Throws where there are not so many. */
  nodes(level: number, from: number, to: number): Promise<readonly Buffer[]>;
  consistencyProof(from: number, to: number): Promise<readonly Buffer[]>;
}

/** Everything that the other side lacks up to one signed head. */
export interface Delivery {
  /** What the other side has already: entries before it need not be sent again. */
  readonly from: number;
  readonly head: SignedHead;
  readonly log: LogView;
}

/** What another side says: only the first of them counts as having anything. */
export type SinkAnswer = Acknowledged | SinkElsewhere;

/** The other side has it, durably, up to this head, and stands by that: of a cosigner, under its signature. */
export interface Acknowledged extends SinkHead {
  /** Evidence of it that proves itself; null where the other side gives none. */
  readonly anchor: Pick<Anchor, 'kind' | 'evidence'> | null;
}

/**
 * A remote copy of the journal, or somebody outside who remembers its heads. A sink only carries: what to
 * send, when, how often again, and what an answer means for privileged steps is judged in
 * `engine/replicate`. A sink may be called by several processes, but one at a time, and the same delivery
 * may come twice: the second is acknowledged like the first.
 */
export interface Sink {
  /** The name in `config.yaml`. */
  readonly name: string;
  readonly kind: 'witness' | 'mirror' | 's3' | 'file' | 'otlp' | 'timestamp';
  /** Whether its acknowledgement is evidence, and so may be demanded by policy (`remote`). */
  readonly counts: boolean;
  /** `head`: told of every head. `run_end`: only once a run has ended, or where somebody asks. */
  readonly wants: 'head' | 'run_end';
  /** At most so many entries are sent at a time; between them our place is remembered. */
  readonly batch: number;
  /** In words for `doctor`: kind and address. */
  readonly address: string;
  /**
   * By what its anchors are verified, from its section of `config.yaml`; absent where they prove nothing by
   * themselves. Throws ConfigError where the file that the section names cannot be read.
   */
  readonly anchorKey?: () => AnchorKey;
  /**
   * Asks what the other side has: `elsewhere` is null where it has nothing, or, of one that does not count,
   * where it does not say. Throws SinkConflict where that cannot be ours, anything else where it cannot be
   * reached: then it is tried again later.
   */
  head(log: LogView, signal: AbortSignal): Promise<SinkAnswer>;
  /**
   * Sends, and returns once the other side has it durably. Where it has more or other entries than
   * `delivery.from` says, `SinkElsewhere` tells where to go on; where `from` is the head's size, it is only
   * to say that it has it. Throws SinkConflict where the other side's history is not ours, anything else
   * where it cannot be said to have it. Ends soon after `signal`.
   */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<SinkAnswer>;
}

/**
 * Where the other side says that it stands. That acknowledges nothing, whatever the size: it is where we go
 * on from.
 */
export interface SinkElsewhere {
  readonly elsewhere: SinkPlace | null;
}

/** `root` is null where the other side names a size alone. */
export interface SinkPlace {
  readonly size: number;
  readonly root: Buffer | null;
}

/** The answer of a side whose word for its head is all there is; null where it has none. */
export function saysHead(head: SinkHead | null): SinkAnswer {
  return head === null ? { elsewhere: null } : { size: head.size, root: head.root, anchor: null };
}

/**
 * The other side has a head that is no prefix of our log: we were put back to an older state
 * (`E_ROLLBACK`), or there are two histories (`E_FORK`). Privileged steps wait until somebody has looked.
 */
export class SinkConflict extends IntegrityError {
  /** The head it has, and the note over it where it keeps one: proof that somebody signed two histories. */
  readonly theirs: SinkHead & { readonly note: string | null };

  constructor(
    code: 'E_ROLLBACK' | 'E_FORK',
    of: {
      readonly sink: string;
      readonly message: string;
      readonly theirs: SinkHead & { readonly note: string | null };
    },
  ) {
    super({
      code,
      message: `sink \`${of.sink}\`: ${of.message}`,
      hint: 'privileged steps are blocked: run `runbook audit verify`, and compare with the copies',
    });
    this.theirs = of.theirs;
  }
}
