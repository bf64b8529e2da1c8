import { RunbookError } from '../../base/errors.ts';
import { openNote } from '../../journal/checkpoint.ts';
import { composeFork, parseFork, verifyFork } from '../../journal/fork.ts';
import { type KeyHistory, keyAt } from '../../journal/key-history.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import { formatVerifierKey } from '../../journal/verifier-key.ts';
import type { Head, Store } from '../../store/store.ts';
import type { VerifyReport } from '../verify.ts';

/**
 * Portable proofs that the log's key signed another history than this one: one for each note that
 * contradicts it and can be proven to. A larger head than ours proves nothing yet: it may go on from ours.
 */
export async function proveForks(
  store: Store,
  notes: readonly string[],
): Promise<readonly string[]> {
  const keys = await store.keys();
  const proofs: string[] = [];
  for (const note of new Set(notes)) {
    const proof = await proveFork(store, keys, note);
    proofs.push(...(proof === null ? [] : [proof]));
  }
  return proofs;
}

/** Null where it contradicts nothing that we could show. */
async function proveFork(store: Store, keys: KeyHistory, note: string): Promise<string | null> {
  try {
    const theirs = openNote(note, keys.keys).checkpoint;
    const key = keyAt(keys, theirs.size);
    const ours = await newestUnder(store, key.ended?.size ?? null);
    if (ours === null || ours.size < theirs.size) {
      return null;
    }
    const consistency = await store.consistencyProof(theirs.size, ours.size);
    return composeFork({
      verifierKey: formatVerifierKey(key.name, key.publicKey),
      older: note,
      newer: ours.note,
      root: rootOfPeaks(await store.peaks(theirs.size)).toString('base64'),
      consistency: consistency.map((hash) => hash.toString('base64')),
    });
  } catch (error) {
    // A journal that is damaged besides cannot prove anything: what is wrong with it are findings.
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

/** The newest head that the key in question signed: both must be under one key. */
async function newestUnder(store: Store, end: number | null): Promise<Head | null> {
  return end === null ? store.head() : store.headUpTo(end);
}

/** Two notes and a proof: what is larger is something else. */
export const maxForkBytes = 1024 * 1024;

/** Whether a file is such a proof, and what it proves; null where it is something else. Throws IntegrityError `E_FORK_FORM`. */
export function judgeForkFile(text: string): VerifyReport | null {
  if (!text.includes('"runbook.fork"')) {
    return null;
  }
  const { key, older, newer } = verifyFork(parseFork(text));
  const sizes = older.size === newer.size ? `${older.size}` : `${older.size} and ${newer.size}`;
  const message = `proven: the key \`${key}\` signed two histories of \`${older.origin}\`, in its heads of ${sizes} entries`;
  return {
    verdicts: [
      {
        name: 'completeness',
        ok: false,
        anchor: 'two heads under one key that no log can both have',
        anchored_at: null,
      },
    ],
    findings: [{ code: 'E_FORK', index: null, message }],
    exit_code: 14,
  };
}
