import { sha256Bytes } from '../base/digest.ts';
import { isWeakEd25519Key } from '../base/ed25519.ts';
import { IntegrityError } from '../base/errors.ts';

/** Whose signatures on a checkpoint count: a name and a raw Ed25519 public key of 32 bytes. */
export interface VerifierKey {
  readonly name: string;
  readonly publicKey: Buffer;
}

/** The signature type of C2SP signed-note that is plain Ed25519. */
const ed25519Type = Buffer.from([0x01]);

/** C2SP signed-note key names, and our origins: not empty, no white space, no plus, no controls. */
export function isKeyName(name: string): boolean {
  return /^[^\s+\p{Cc}\p{Surrogate}]+$/u.test(name);
}

/** The first 4 bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ key): a hint which key signed, never a proof. */
export function keyId(name: string, publicKey: Buffer): Buffer {
  return sha256Bytes(Buffer.from(`${name}\n`), ed25519Type, publicKey).subarray(0, 4);
}

/** `name+hex+base64`, the form in which C2SP tools are told a key. */
export function formatVerifierKey(name: string, publicKey: Buffer): string {
  const key = Buffer.concat([ed25519Type, publicKey]).toString('base64');
  return `${name}+${keyId(name, publicKey).toString('hex')}+${key}`;
}

/** Reads `name+hex+base64`. Throws IntegrityError `E_KEY`, also for weak keys and for other key types. */
export function parseVerifierKey(text: string): VerifierKey {
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
  if (formatVerifierKey(name, publicKey) !== text) {
    throw keyError(`key \`${name}\` does not match its key id or type`);
  }
  return { name, publicKey };
}

function keyError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_KEY', message });
}
