import { applyKeyEntry, keysOfGenesis } from '../approval/court/judge-keys.ts';
import type { KeyProof } from '../approval/request-file.ts';
import type { SeenLog } from '../approval/statement/statement.ts';
import { IntegrityError } from '../base/errors.ts';
import { type Checkpoint, openNote } from '../journal/checkpoint.ts';
import { type KeyHistory, newestKey } from '../journal/key-history.ts';
import { decodeLeaf, leafHash } from '../journal/leaf.ts';
import { verifyConsistency, verifyInclusion } from '../journal/proof.ts';
import type { VerifierKey } from '../journal/verifier-key.ts';

/**
 * The keys of a log, from entries that are proven to stand under `head`, each authorised by the recovery
 * key in force before it, which in turn stands under a head of the key before. Who signed `head` is not asked here. Throws IntegrityError `E_KEY_ROTATION`,
 * `E_LEAF`, `E_PROOF`.
 */
export function verifyShownKeys(entries: readonly KeyProof[], head: Checkpoint): KeyHistory {
  const [genesis, ...changes] = entries.map((entry) => proven(entry, head));
  if (genesis === undefined) {
    throw refused('shows no genesis');
  }
  return changes.reduce((history, { facts, holds, isSignedBefore }) => {
    if (facts.seq <= history.changed) {
      throw refused('shows its changes of keys out of order');
    }
    if (facts.type === 'key.rotated' && !isSignedBefore(newestKey(history))) {
      throw refused(`does not show that the key before entry ${facts.seq} signed what led there`);
    }
    const judged = applyKeyEntry(history, facts, holds);
    if (judged.refused !== null) {
      throw refused(
        `shows a change of keys at entry ${facts.seq} that does not hold: ${judged.refused}`,
      );
    }
    return judged.history;
  }, keysOfGenesis(genesis.facts));
}

function proven(shown: KeyProof, head: Checkpoint) {
  const { index: seq } = shown;
  const bytes = decode(shown.leaf);
  const proof = shown.inclusion.map(decode);
  const { size, root } = head;
  verifyInclusion({ seq, size, leafHash: leafHash(bytes), proof, root });
  const leaf = decodeLeaf(bytes);
  if (leaf.seq !== seq || leaf.origin !== head.origin) {
    throw refused(`shows an entry of \`${leaf.origin}\` as its entry ${seq}`);
  }
  const { type, data } = leaf;
  return {
    facts: { seq, type, data },
    holds: ({ size: from, root }: SeenLog): boolean =>
      leadsTo({ size: from, root: decode(root) }, head, shown.consistency),
    isSignedBefore: (key: VerifierKey): boolean => isSignedBefore(shown, key, head),
  };
}

/** Entries that nobody signed can follow any head: what names the recovery key must stand under the old key. */
function isSignedBefore({ index, before }: KeyProof, key: VerifierKey, head: Checkpoint): boolean {
  if (before === null) {
    return false;
  }
  const { checkpoint } = openNote(before.checkpoint, [key]);
  return checkpoint.size === index && leadsTo(checkpoint, head, before.consistency);
}

function leadsTo(
  { size: from, root: fromRoot }: Pick<Checkpoint, 'size' | 'root'>,
  { size: to, root: toRoot }: Checkpoint,
  proof: readonly string[],
): boolean {
  try {
    verifyConsistency({ from, to, fromRoot, toRoot, proof: proof.map(decode) });
    return true;
  } catch {
    return false;
  }
}

function decode(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function refused(what: string): IntegrityError {
  return new IntegrityError({
    code: 'E_KEY_ROTATION',
    message: `the journal ${what}`,
    hint: 'do not sign; ask the owner of the recovery key what happened',
  });
}
