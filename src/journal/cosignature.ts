import { verify } from 'node:crypto';
import { importEd25519 } from '../base/ed25519.ts';
import { IntegrityError, InternalError } from '../base/errors.ts';
import { formatSignature, type NoteSignature, splitNote } from './note.ts';
import type { CheckpointSigner } from './signer.ts';
import { keyId, type VerifierKey } from './verifier-key.ts';

/**
 * C2SP tlog-cosignature v1: somebody outside says that at this time, no head of this log that they had
 * seen was larger, and that this one follows from all of them. Ed25519 over two lines and the note's body.
 */
export interface Cosignature {
  readonly key: VerifierKey;
  /** By the witness's clock, POSIX seconds. */
  readonly timeSeconds: number;
  /** The signature line, with its newline. */
  readonly line: string;
}

const timeBytes = 8;
const signatureBytes = 64;

/** The signature line, with its newline, over the body of a note (the text above its empty line). */
export function signCosignature(
  body: string,
  signer: CheckpointSigner,
  timeSeconds: number,
): string {
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0) {
    throw new InternalError({
      code: 'cosignature_time',
      message: `${timeSeconds} is not a time in seconds`,
    });
  }
  const time = Buffer.alloc(timeBytes);
  time.writeBigUInt64BE(BigInt(timeSeconds));
  return formatSignature({
    name: signer.name,
    keyId: keyId(signer.name, signer.publicKey, 'cosignature'),
    signature: Buffer.concat([time, signer.sign(cosignedMessage(body, timeSeconds))]),
  });
}

/**
 * The cosignatures of these keys on a note, in the order of its lines. Lines of others are ignored, and
 * whether the log itself signed is not asked here. Throws IntegrityError `E_STH_FORM` for a malformed note,
 * `E_STH_SIG` where a line of a known key does not hold: somebody altered it.
 */
export function verifyCosignatures(
  note: string,
  keys: readonly VerifierKey[],
): readonly Cosignature[] {
  const { body, signatures } = splitNote(note);
  return signatures.flatMap((line) =>
    keys
      .filter((key) => isLineOf(line, key))
      .map((key) => ({
        key,
        timeSeconds: verifyLine(body, line, key),
        line: formatSignature(line),
      })),
  );
}

function isLineOf(line: NoteSignature, { name, publicKey }: VerifierKey): boolean {
  return line.name === name && line.keyId.equals(keyId(name, publicKey, 'cosignature'));
}

/** Answers the time that was signed. */
function verifyLine(body: string, { signature }: NoteSignature, key: VerifierKey): number {
  const publicKey = importEd25519(key.publicKey);
  if (signature.length === timeBytes + signatureBytes) {
    // A time beyond what counts exactly would be signed in another spelling, and does not hold.
    const timeSeconds = Number(signature.readBigUInt64BE());
    const message = cosignedMessage(body, timeSeconds);
    if (verify(null, message, publicKey, signature.subarray(timeBytes))) {
      return timeSeconds;
    }
  }
  throw new IntegrityError({
    code: 'E_STH_SIG',
    message: `cosignature of \`${key.name}\` does not hold over this checkpoint`,
  });
}

function cosignedMessage(body: string, timeSeconds: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${body}`);
}
