import { verify } from 'node:crypto';
import { importEd25519 } from '../base/ed25519.ts';
import { IntegrityError, InternalError } from '../base/errors.ts';
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

/** More signature lines than this are an attack on whoever reads them; C2SP asks for at least 16. */
const maxSignatures = 100;

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

/** A signature line of a note. */
export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Buffer;
  /** 64 bytes for Ed25519. */
  readonly signature: Buffer;
}

/** The note (C2SP signed-note) of a body and one signature: what a store rebuilds from its columns. */
export function composeNote(body: string, { name, keyId, signature }: NoteSignature): string {
  return `${body}\n${linePrefix}${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
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

const linePrefix = '\u2014 ';

function splitNote(note: string) {
  const end = note.lastIndexOf('\n\n');
  const lines = note.slice(end + 2).split('\n');
  if (end < 0 || lines.pop() !== '' || lines.length === 0 || lines.length > maxSignatures) {
    throw formError('note has no signature lines, or too many');
  }
  return { body: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [name, encoded, ...more] = line.slice(linePrefix.length).split(' ');
  const bytes = Buffer.from(encoded ?? '', 'base64');
  const exact = bytes.toString('base64') === encoded && bytes.length > 4 && more.length === 0;
  if (!line.startsWith(linePrefix) || name === undefined || !isKeyName(name) || !exact) {
    throw formError('note has a malformed signature line');
  }
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** Writing it again and comparing refuses leading zeros, other base64 spellings and extension lines. */
function parseCheckpoint(body: string): Checkpoint {
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
