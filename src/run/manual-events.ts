import type { ChainLink } from '../approval/people/people.ts';
import type { BlobId } from '../base/ids.ts';

/** A step that a person does. Nothing is started. */
export interface ManualAsked {
  readonly step: string;
  readonly attempt: number;
  /** What to do, filled in. */
  readonly text: string;
}

/** A person says that it is done, or that it cannot be. Never an approval. */
export interface ManualDone {
  readonly step: string;
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed';
  readonly by: ChainLink;
  readonly note: string | null;
  /** Blob of a JSON object: the values they gave. */
  readonly outputs: BlobId | null;
}
