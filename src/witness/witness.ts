import type { Clock } from '../base/clock.ts';
import type { JsonObject } from '../base/json.ts';
import { signCosignature } from '../journal/cosignature.ts';
import { splitNote } from '../journal/note.ts';
import type { CheckpointSigner } from '../journal/signer.ts';
import { formatVerifierKey } from '../journal/verifier-key.ts';
import { type Answer, refuse, signed, standsAt } from './answer.ts';
import {
  judgeCheckpoint,
  type KnownHead,
  parseSubmission,
  type Submission,
} from './judge-checkpoint.ts';
import { keepFork } from './keep-fork.ts';
import type { KnownLogs } from './known-logs.ts';
import { openMemory } from './memory.ts';

/** One line of a structured log. */
export type Log = (line: JsonObject) => void;

export interface WitnessParts {
  /** Ours alone: its memory, and the forks it was shown. */
  readonly dir: string;
  readonly logs: KnownLogs;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly log: Log;
}

/** Remembers the newest head of each log, and cosigns only what follows from it: C2SP tlog-witness. */
export interface Witness {
  /** What others verify its cosignatures with. */
  readonly verifierKey: string;
  /**
   * `add-checkpoint`. It reads its memory, judges, writes and signs without waiting in between, so that no
   * two calls see the same memory; and what it cosigned is durable before it answers. Throws where it
   * cannot be written: then nothing was signed.
   */
  addCheckpoint(body: string): Answer;
  /** The newest head of a log; null where none was seen. */
  newest(origin: string): KnownHead | null;
}

export function openWitness({ dir, logs, signer, clock, log }: WitnessParts): Witness {
  const memory = openMemory(dir);
  const alarm = (submission: Submission, head: KnownHead, status: 409 | 422): Answer => {
    const { origin, size } = head.checkpoint;
    const last = memory.newest(origin);
    if (last !== null) {
      const keys = logs.get(origin) ?? [];
      const kept = keepFork(dir, { keys, last, head, submission });
      log({ event: 'fork', level: 'alarm', origin, from: last.checkpoint.size, size, ...kept });
    }
    return status === 409
      ? standsAt(size)
      : refuse(422, 'the proof does not lead from the newest head to this one');
  };
  return {
    verifierKey: formatVerifierKey(signer.name, signer.publicKey, 'cosignature'),
    newest: (origin) => memory.newest(origin),
    addCheckpoint(body) {
      const submission = parseSubmission(body);
      if (submission === null) {
        return refuse(400, 'this is not a head with a proof');
      }
      const newest = (origin: string) => memory.newest(origin)?.checkpoint ?? null;
      const judged = judgeCheckpoint(submission, logs, newest);
      switch (judged.kind) {
        case 'refuse':
          return refuse(judged.status, judged.why);
        case 'elsewhere':
          return standsAt(judged.size);
        case 'contradiction':
          return alarm(submission, judged.head, judged.status);
        case 'cosign':
          // First remembered, then said: a crash in between costs an answer, never a head.
          memory.remember(judged.head);
          return signed(cosign(judged.head, signer, clock));
      }
    },
  };
}

/** The line that says: as of now, this is the largest head of this log. */
export function cosign({ note }: KnownHead, signer: CheckpointSigner, clock: Clock): string {
  return signCosignature(splitNote(note).body, signer, Math.floor(clock.now().wallMs / 1000));
}
