import { verify } from 'node:crypto';
import { importEd25519 } from '../base/ed25519.ts';
import { IntegrityError, InternalError } from '../base/errors.ts';
import { composeNote, type NoteSignature, splitNote } from './note.ts';
import type { CheckpointSigner } from './signer.ts';
import { isKeyName, keyId, type VerifierKey } from './verifier-key.ts';

/** A tree head: the log's origin, how many leaves it has, and the root over them. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** A note whose signature by the log itself holds. */
export interface OpenedNote {
  readonly checkpoint: Checkpoint;
  /** The keys, of those given, whose signatures hold: the log's own, and perhaps others'. */
  readonly signedBy: readonly VerifierKey[];
}

/** The text that is signed (C2SP tlog-checkpoint, no extension lines): three lines, each with its newline. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  if (!isCheckpoint(checkpoint)) {
    throw new InternalError({
      code: 'checkpoint_invalid',
      message: `\`${origin}\` of ${size} leaves is not a checkpoint`,
    });
  }
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Signs a tree head with the log's own key, and answers the whole note. */
export function signCheckpoint(checkpoint: Checkpoint, signer: CheckpointSigner): string {
  if (signer.name !== checkpoint.origin) {
    throw new InternalError({
      code: 'checkpoint_foreign',
      message: `key \`${signer.name}\` does not sign for \`${checkpoint.origin}\``,
    });
  }
  const body = formatCheckpoint(checkpoint);
  return composeNote(body, {
    name: signer.name,
    keyId: keyId(signer.name, signer.publicKey),
    signature: signer.sign(Buffer.from(body)),
  });
}

/**
 * Reads a note and believes it only if the log signed it: one of `keys`, named like the checkpoint's
 * origin, with a signature that holds. Lines of unknown keys are ignored, as C2SP wants it. Throws
 * IntegrityError `E_STH_FORM` for anything malformed, `E_STH_SIG` where no key of the log signed or a
 * known key's signature does not hold.
 */
export function openNote(note: string, keys: readonly VerifierKey[]): OpenedNote {
  const { body, signatures } = splitNote(note);
  const checkpoint = parseCheckpoint(body);
  const signedBy = keys.filter((key) => isSignedBy(body, signatures, key));
  if (!signedBy.some((key) => key.name === checkpoint.origin)) {
    throw signatureError(
      `checkpoint of \`${checkpoint.origin}\` is not signed by a key of this log`,
    );
  }
  return { checkpoint, signedBy };
}

/**
 * Reads the text that is signed. Writing it again and comparing refuses leading zeros, other base64
 * spellings and extension lines. Throws IntegrityError `E_STH_FORM`.
 */
export function parseCheckpoint(body: string): Checkpoint {
  const [origin = '', size, root = ''] = body.split('\n');
  const checkpoint = { origin, size: Number(size), root: Buffer.from(root, 'base64') };
  if (!isCheckpoint(checkpoint) || formatCheckpoint(checkpoint) !== body) {
    throw formError('note is not a checkpoint: origin, size and root, a line each');
  }
  return checkpoint;
}

function isCheckpoint({ origin, size, root }: Checkpoint): boolean {
  return isKeyName(origin) && Number.isSafeInteger(size) && size >= 0 && root.length === 32;
}

/** A known key whose signature does not hold is no stranger to be ignored: somebody altered the note. */
function isSignedBy(body: string, signatures: readonly NoteSignature[], key: VerifierKey): boolean {
  const id = keyId(key.name, key.publicKey);
  const own = signatures.filter((line) => line.name === key.name && line.keyId.equals(id));
  const publicKey = importEd25519(key.publicKey);
  if (!own.every((line) => verify(null, Buffer.from(body), publicKey, line.signature))) {
    throw signatureError(`signature of \`${key.name}\` does not hold over this checkpoint`);
  }
  return own.length > 0;
}

function formError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_STH_FORM', message });
}

function signatureError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_STH_SIG', message });
}
