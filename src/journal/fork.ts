import * as v from 'valibot';
import { IntegrityError, RunbookError } from '../base/errors.ts';
import { type Checkpoint, openNote } from './checkpoint.ts';
import { verifyConsistency } from './proof.ts';
import { parseVerifierKey } from './verifier-key.ts';

/**
 * Two heads under one key that no log can both have: proof against whoever holds the key, which convinces
 * anybody and needs neither log nor program. A tree has one root at each of its sizes; the newer head's
 * tree has another at the older's size than the older head says.
 */
export interface Fork {
  /** The log's key, `name+hex+base64`. Whose it is, the reader must know from elsewhere. */
  readonly verifierKey: string;
  /** The note over fewer entries; of two over as many, either. */
  readonly older: string;
  readonly newer: string;
  /** Base64: what the newer head's tree has as its root at the older's size; its own where they are as large. */
  readonly root: string;
  /** Base64 hashes (RFC 6962 2.1.2) that lead from `root` to the newer head; none where they are as large. */
  readonly consistency: readonly string[];
}

/** What a fork proves, in numbers. */
export interface ProvenFork {
  readonly key: string;
  readonly older: Checkpoint;
  readonly newer: Checkpoint;
}

/** The portable file: JSON, with the ways to check it in words. Throws as `verifyFork`. */
export function composeFork(fork: Fork): string {
  const { older, newer } = verifyFork(fork);
  const { verifierKey, root, consistency } = fork;
  const file: v.InferOutput<typeof forkSchema> = {
    v: 1,
    kind: 'runbook.fork',
    verifier_key: verifierKey,
    older: fork.older,
    newer: fork.newer,
    root,
    consistency: [...consistency],
    how: howToCheck(older.size === newer.size),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads such a file; believes nothing of it yet. Throws IntegrityError `E_FORK_FORM`. */
export function parseFork(text: string): Fork {
  try {
    const { verifier_key, older, newer, root, consistency } = v.parse(forkSchema, JSON.parse(text));
    return { verifierKey: verifier_key, older, newer, root, consistency };
  } catch (cause) {
    const message = 'this is not a proof of a fork';
    throw new IntegrityError({ code: 'E_FORK_FORM', message, cause });
  }
}

/**
 * Throws IntegrityError `E_FORK_FORM` unless both notes are signed by the key and contradict each other.
 * A proof that does not hold says nothing about the log, neither good nor bad.
 */
export function verifyFork(fork: Fork): ProvenFork {
  try {
    return judge(fork);
  } catch (cause) {
    if (!(cause instanceof RunbookError)) {
      throw cause;
    }
    const message = `it does not prove a fork: ${cause.message}`;
    throw new IntegrityError({ code: 'E_FORK_FORM', message, cause });
  }
}

function judge(fork: Fork): ProvenFork {
  const key = parseVerifierKey(fork.verifierKey);
  const older = openNote(fork.older, [key]).checkpoint;
  const newer = openNote(fork.newer, [key]).checkpoint;
  const fromRoot = Buffer.from(fork.root, 'base64');
  verifyConsistency({
    from: older.size,
    to: newer.size,
    fromRoot,
    toRoot: newer.root,
    proof: fork.consistency.map((hash) => Buffer.from(hash, 'base64')),
  });
  // From the tree without leaves the proof would bind nothing.
  if (older.size === 0 || older.root.equals(fromRoot)) {
    throw new IntegrityError({ code: 'E_FORK_FORM', message: 'the two heads agree' });
  }
  return { key: fork.verifierKey, older, newer };
}

function howToCheck(sameSize: boolean): string[] {
  return [
    'Two histories were signed by one key: the notes `older` and `newer` cannot both be of one append-only log.',
    'A note is three lines (origin, number of entries, root in base64), an empty line, and signature lines.',
    'Signatures: `verifier_key` opens both with note.Open of golang.org/x/mod/sumdb/note. With openssl: put the three lines, each with its newline, into `body`, the last 64 bytes of the decoded signature line into `sig`, and the last 32 bytes of the decoded key behind the bytes 302a300506032b6570032100 into `key.der`; then `openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in body -sigfile sig`.',
    sameSize
      ? 'Contradiction: both speak of the same number of entries, and their third lines differ.'
      : 'Contradiction: tlog.CheckTree of golang.org/x/mod/sumdb/tlog accepts `consistency` from `root`, at the number of entries that `older` names, to the root of `newer` (RFC 6962 2.1.2): `root` is what the log of `newer` began with, and the third line of `older` says another.',
  ];
}

const forkSchema = v.strictObject({
  v: v.literal(1),
  kind: v.literal('runbook.fork'),
  verifier_key: v.string(),
  older: v.string(),
  newer: v.string(),
  root: v.string(),
  consistency: v.array(v.string()),
  how: v.array(v.string()),
});
