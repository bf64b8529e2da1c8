import { sha256Bytes } from '../base/digest.ts';
import { isWeakEd25519Key } from '../base/ed25519.ts';
import { IntegrityError } from '../base/errors.ts';

/** Whose signatures on a checkpoint count: a name and a raw Ed25519 public key of 32 bytes. */
export interface VerifierKey {
  readonly name: string;
  readonly publicKey: Buffer;
}

/**
 * What a key signs: `note` the text of a note (C2SP signed-note, type 0x01), `cosignature` a head that a
 * witness saw, and when (C2SP tlog-cosignature, type 0x04). The type is part of the key's id, so that one
 * kind of signature never passes for the other.
 */
export type KeyType = 'note' | 'cosignature';

const typeBytes: Readonly<Record<KeyType, number>> = { note: 0x01, cosignature: 0x04 };

/** C2SP signed-note key names, and our origins: not empty, no white space, no plus, no controls. */
export function isKeyName(name: string): boolean {
  return plainName.test(name) || /^[^\s+\p{Cc}\p{Surrogate}]+$/u.test(name);
}

/** Of printing ASCII alone but the plus, as nearly all are: every entry of a log is asked. */
const plainName = /^[!-*,-~]+$/;

/** The first 4 bytes of SHA-256(name ‖ "\n" ‖ type ‖ key): a hint which key signed, never a proof. */
export function keyId(name: string, publicKey: Buffer, type: KeyType = 'note'): Buffer {
  const typed = Buffer.from([typeBytes[type]]);
  return sha256Bytes(Buffer.from(`${name}\n`), typed, publicKey).subarray(0, 4);
}

/** `name+hex+base64`, the form in which C2SP tools are told a key. */
export function formatVerifierKey(name: string, publicKey: Buffer, type: KeyType = 'note'): string {
  const key = Buffer.concat([Buffer.from([typeBytes[type]]), publicKey]).toString('base64');
  return `${name}+${keyId(name, publicKey, type).toString('hex')}+${key}`;
}

/**
 * Reads `name+hex+base64` of one type: whoever asks for a log's key never gets a witness's. Throws
 * IntegrityError `E_KEY`, also for weak keys and for other types.
 */
export function parseVerifierKey(text: string, type: KeyType = 'note'): VerifierKey {
  // The name holds no plus; base64 may.
  const [, name, encoded] = /^([^+]+)\+[0-9a-f]{8}\+([0-9A-Za-z+/=]+)$/.exec(text) ?? [];
  if (name === undefined || encoded === undefined || !isKeyName(name)) {
    throw keyError(`\`${text}\` is not a verifier key (\`name+hex+base64\`)`);
  }
  const publicKey = Buffer.from(encoded, 'base64').subarray(1);
  if (isWeakEd25519Key(publicKey)) {
    throw keyError(`key \`${name}\` is not a usable Ed25519 key`);
  }
  // Writing it again checks the rest at once: type, key id and the one spelling of the base64.
  if (formatVerifierKey(name, publicKey, type) !== text) {
    throw keyError(`key \`${name}\` does not match its key id, or is not of type \`${type}\``);
  }
  return { name, publicKey };
}

function keyError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_KEY', message });
}
