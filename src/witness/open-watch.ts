import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { openJournalKey } from '../signers/journal-key.ts';
import { holdFolder, makeFolder } from './folder.ts';
import type { KnownLogs } from './known-logs.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { type Log, openWitness, type Witness } from './witness.ts';

export interface WatchParts {
  /** Its keys and its memory; one process at a time. */
  readonly dir: string;
  /** What its key is named. A mirror beside it signs as `NAME/mirror`, with a key of its own. */
  readonly name: string;
  readonly logs: KnownLogs;
  readonly mirrors: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Somebody outside who watches journals. */
export interface Watch {
  readonly witness: Witness;
  readonly mirror: Mirror | null;
  readonly close: () => void;
}

/**
 * Opens a witness, and a mirror beside it where it is wanted, over one folder. Throws HeldError
 * `witness_held`, and what `openJournalKey` throws.
 */
export function openWatch({ dir, name, logs, mirrors, clock, log }: WatchParts): Watch {
  makeFolder(dir);
  const close = holdFolder(dir);
  try {
    const shared = { dir, logs, clock, log };
    const signer = openJournalKey(join(dir, 'witness.key'), name, true);
    const witness = openWitness({ ...shared, signer });
    const mirror = mirrors
      ? openMirror({
          ...shared,
          signer: openJournalKey(join(dir, 'mirror.key'), `${name}/mirror`, true),
          pending: (origin) => witness.newest(origin),
        })
      : null;
    return { witness, mirror, close };
  } catch (error) {
    close();
    throw error;
  }
}
