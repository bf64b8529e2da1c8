import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { RunbookError } from '../base/errors.ts';
import { writeFileDurably } from '../base/files.ts';
import { openNote } from '../journal/checkpoint.ts';
import { composeFork, type Fork } from '../journal/fork.ts';
import { subtreeRoots } from '../journal/proof.ts';
import { formatVerifierKey, type VerifierKey } from '../journal/verifier-key.ts';
import { makeFolder } from './folder.ts';
import type { KnownHead, Submission } from './judge-checkpoint.ts';

/** What a log sent that does not follow from what it had sent before. */
export interface Contradiction {
  readonly keys: readonly VerifierKey[];
  readonly last: KnownHead;
  readonly head: KnownHead;
  readonly submission: Submission;
}

export interface KeptFork {
  /** Two signed heads that cannot both be true: it convinces anybody. Otherwise it is what was sent, no more. */
  readonly proven: boolean;
  /** Null where there is no room for more. */
  readonly file: string | null;
}

/**
 * Of each log. What proves nothing is no more than a hint, and anybody who has seen a signed head can send
 * any number of it: it never takes the room of a proof. Those only the holder of the log's key can make,
 * and the first ones tell it all.
 */
const maxKept = { json: 1000, txt: 50 } as const;

/**
 * Keeps it under `dir`/forks, durably. Two roots of one size prove a fork by themselves, and so does a proof
 * that leads to the newer head from another root than the one that was signed. A proof that leads nowhere
 * proves nothing, since anybody who has seen the head can send one; head and proof are kept to be looked at.
 */
export function keepFork(dir: string, contradiction: Contradiction): KeptFork {
  const folder = join(dir, 'forks');
  makeFolder(folder);
  const proof = proveFork(contradiction);
  const text = proof ?? describe(contradiction);
  const { last, head } = contradiction;
  const log = sha256(head.checkpoint.origin).slice(0, 16);
  const sizes = `${last.checkpoint.size}-${head.checkpoint.size}`;
  const kind = proof === null ? 'txt' : 'json';
  const file = join(folder, `${log}-${sizes}-${sha256(text).slice(0, 16)}.${kind}`);
  const isKept = existsSync(file);
  const isSameSort = (name: string): boolean => name.startsWith(log) && name.endsWith(kind);
  if (!isKept && readdirSync(folder).filter(isSameSort).length >= maxKept[kind]) {
    return { proven: proof !== null, file: null };
  }
  if (!isKept) {
    writeFileDurably(file, text, 0o600);
  }
  return { proven: proof !== null, file };
}

/** The portable proof; null where what was sent is none, or no single key signed both heads. */
function proveFork({ keys, last, head, submission }: Contradiction): string | null {
  for (const key of keys) {
    try {
      openNote(last.note, [key]);
      openNote(head.note, [key]);
      return composeFork(forkOf(key, { last, head, submission }));
    } catch (error) {
      if (!(error instanceof RunbookError)) {
        throw error;
      }
    }
  }
  return null;
}

function forkOf(key: VerifierKey, { last, head, submission }: Omit<Contradiction, 'keys'>): Fork {
  const [older, newer] = [last.checkpoint, head.checkpoint];
  const { proof } = submission;
  const root =
    older.size === newer.size
      ? newer.root
      : subtreeRoots({
          subtree: { from: 0, to: older.size },
          size: newer.size,
          fromRoot: older.root,
          proof,
        }).subtree;
  return {
    verifierKey: formatVerifierKey(key.name, key.publicKey),
    older: last.note,
    newer: head.note,
    root: root.toString('base64'),
    consistency: older.size === newer.size ? [] : proof.map((hash) => hash.toString('base64')),
  };
}

function describe({ last, head, submission }: Contradiction): string {
  const proof = submission.proof.map((hash) => `${hash.toString('base64')}\n`).join('');
  return `${last.note}\n${head.note}\nproof from ${submission.old}\n${proof}`;
}
