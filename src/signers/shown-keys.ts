import { applyKeyEntry, keysOfGenesis } from '../approval/court/judge-keys.ts';
import type { KeyProof } from '../approval/request-file.ts';
import type { SeenLog } from '../approval/statement/statement.ts';
import { IntegrityError } from '../base/errors.ts';
import type { Checkpoint } from '../journal/checkpoint.ts';
import type { KeyHistory } from '../journal/key-history.ts';
import { decodeLeaf, leafHash } from '../journal/leaf.ts';
import { verifyConsistency, verifyInclusion } from '../journal/proof.ts';

/**
 * The keys of a log, from entries that are proven to stand under `head`, each authorised by the recovery
 * key in force before it. Who signed `head` is not asked here. Throws IntegrityError `E_KEY_ROTATION`,
 * `E_LEAF`, `E_PROOF`.
 */
export function verifyShownKeys(entries: readonly KeyProof[], head: Checkpoint): KeyHistory {
  const [genesis, ...changes] = entries.map((entry) => proven(entry, head));
  if (genesis === undefined) {
    throw refused('shows no genesis');
  }
  return changes.reduce((history, { facts, holds }) => {
    if (facts.seq <= history.changed) {
      throw refused('shows its changes of keys out of order');
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
  return { facts: { seq, type, data }, holds: (log: SeenLog) => leadsTo(log, head, shown) };
}

function leadsTo(log: SeenLog, head: Checkpoint, { consistency }: KeyProof): boolean {
  try {
    verifyConsistency({
      from: log.size,
      to: head.size,
      fromRoot: decode(log.root),
      toRoot: head.root,
      proof: consistency.map(decode),
    });
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
