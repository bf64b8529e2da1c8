import type { KeyProof } from '../approval/request-file.ts';
import type { Pin } from '../approval/statement/receipt.ts';
import { IntegrityError } from '../base/errors.ts';
import { type Checkpoint, openNote } from '../journal/checkpoint.ts';
import { type KeyHistory, keyAt, type RecoveryKey, recoveryNow } from '../journal/key-history.ts';
import { leafHash } from '../journal/leaf.ts';
import { verifyConsistency, verifyInclusion } from '../journal/proof.ts';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../journal/verifier-key.ts';
import { verifyShownKeys } from './shown-keys.ts';

/** What a journal shows to an approver's client, and what the client remembers of it. */
export interface ShownLog {
  /** The signed note of the head. */
  readonly note: string;
  /** The key the journal says it signs with, as a signed-note verifier key. */
  readonly verifierKey: string;
  /** The newest head this client saw of the log; null the first time, when it has to believe the key. */
  readonly pin: Pin | null;
  readonly inclusion: {
    readonly index: number;
    /** The leaf's bytes: what the approver will be shown. */
    readonly leaf: Buffer;
    readonly proof: readonly Buffer[];
  };
  /** From the pin's size to the note's; null where none was sent. */
  readonly consistencyProof: readonly Buffer[] | null;
  /** How the journal came to its key; empty where it shows nothing of it. */
  readonly keys: readonly KeyProof[];
  /** Now, RFC 3339. */
  readonly time: string;
}

/**
 * Holds a journal against what this client saw last: the same key, or one that the recovery key leads to
 * which it saw; not smaller, the same past, and the leaf really in it. Answers the pin to keep. This is what
 * makes an approver a witness, so it stands before anything is shown or signed. Throws IntegrityError
 * `E_KEY_UNKNOWN`, `E_KEY_ROTATION`, `E_ROLLBACK`, `E_FORK`, and what the note and the proofs throw.
 */
export function checkSeenLog(shown: ShownLog): Pin {
  const { note, verifierKey, pin, inclusion, time } = shown;
  if (pin !== null && pin.verifierKey !== verifierKey && shown.keys.length === 0) {
    throw unknownKey(pin, verifierKey);
  }
  const { checkpoint } = openNote(note, [parseVerifierKey(verifierKey)]);
  const history = shown.keys.length > 0 ? checkKeys(shown, checkpoint) : null;
  if (pin !== null) {
    checkPast(pin, checkpoint, shown.consistencyProof);
  }
  const recovery = checkRecovery(pin, history);
  const { origin, size, root } = checkpoint;
  const { index, leaf, proof } = inclusion;
  verifyInclusion({ seq: index, size, leafHash: leafHash(leaf), proof, root });
  const seen = { origin, size, root: root.toString('base64'), note, verifierKey, time };
  return recovery === null ? seen : { ...seen, recovery };
}

/** The keys that are shown must lead from the one that was seen to the one that signs now. */
function checkKeys({ keys, verifierKey, pin }: ShownLog, now: Checkpoint): KeyHistory {
  const history = verifyShownKeys(keys, now);
  const isShown = formatKey(keyAt(history, now.size)) === verifierKey;
  if (!isShown || (pin !== null && formatKey(keyAt(history, pin.size)) !== pin.verifierKey)) {
    throw unknownKey(pin, verifierKey);
  }
  return history;
}

/**
 * Each entry that is shown stands in the log; that none is left out, nothing proves. Whoever stole the log's
 * key could leave out who names the recovery key, and name one of their own as if it were the first: so what
 * was shown once is shown for ever. Answers the recovery key to remember.
 */
function checkRecovery(pin: Pin | null, history: KeyHistory | null): RecoveryKey | null {
  const known = pin?.recovery ?? null;
  if (pin === null || known === null || history === null) {
    return history === null ? known : recoveryNow(history);
  }
  const isShown = history.recoveries.some(
    (shown) => shown.index === known.index && shown.public === known.public,
  );
  if (!isShown) {
    throw new IntegrityError({
      code: 'E_KEY_ROTATION',
      message: `the journal leaves out entry ${known.index}, by which you knew its recovery key on ${pin.time}`,
      hint: 'do not sign; ask the owner of the recovery key what happened',
    });
  }
  return recoveryNow(history);
}

function formatKey({ name, publicKey }: VerifierKey): string {
  return formatVerifierKey(name, publicKey);
}

function unknownKey(pin: Pin | null, verifierKey: string): IntegrityError {
  const seen =
    pin === null
      ? 'its own entries name another'
      : `on ${pin.time} you saw \`${pin.verifierKey}\`, and nothing leads from there`;
  return new IntegrityError({
    code: 'E_KEY_UNKNOWN',
    message: `the journal shows the key \`${verifierKey}\`, but ${seen}`,
    hint: `do not sign; ask the owner of \`${pin?.origin ?? 'the journal'}\` what happened to its key`,
  });
}

function checkPast(pin: Pin, now: Checkpoint, proof: readonly Buffer[] | null): void {
  if (now.size < pin.size) {
    throw new IntegrityError({
      code: 'E_ROLLBACK',
      message: `the journal is smaller than what you saw on ${pin.time}: ${now.size} entries now, ${pin.size} then`,
      hint: 'if this is a file from before that day, ask for a new one; if not, the journal was set back: do not sign',
    });
  }
  const claim = { from: pin.size, to: now.size, proof: proof ?? [] };
  try {
    verifyConsistency({ ...claim, fromRoot: Buffer.from(pin.root, 'base64'), toRoot: now.root });
  } catch (cause) {
    throw proof === null && now.size > pin.size ? unproven(pin) : forked(pin, cause);
  }
}

function forked(pin: Pin, cause: unknown): IntegrityError {
  return new IntegrityError({
    code: 'E_FORK',
    message: `the journal is not the one you saw on ${pin.time}: its first ${pin.size} entries were rewritten`,
    hint: 'do not sign; keep your pins and receipts, and run `runbook audit verify` against them',
    cause,
  });
}

function unproven(pin: Pin): IntegrityError {
  return new IntegrityError({
    code: 'E_FORK',
    message: `nothing proves that the journal still holds the ${pin.size} entries you saw on ${pin.time}`,
    hint: 'ask for a new file: it carries the proof from the head you signed last',
  });
}
