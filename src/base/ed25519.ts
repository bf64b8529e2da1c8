import { createPublicKey, type KeyObject } from 'node:crypto';
import { IntegrityError } from './errors.ts';

/** SubjectPublicKeyInfo of an Ed25519 key, up to the key itself (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const fieldPrime = 2n ** 255n - 19n;

/**
 * The y coordinates of the eight points whose order divides 8. For a public key among them, signatures
 * that hold for many messages can be made without any private key, and OpenSSL accepts them.
 */
const lowOrder: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  fieldPrime - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/**
 * True for a raw public key that must never be trusted: not 32 bytes, a low-order point, or a second
 * spelling (y ≥ p) of some point. Asked at enrolment and before every verification.
 */
export function isWeakEd25519Key(raw: Buffer): boolean {
  if (raw.length !== 32) {
    return true;
  }
  const y = BigInt.asUintN(255, BigInt(`0x${Buffer.from(raw).reverse().toString('hex')}`));
  return y >= fieldPrime || lowOrder.has(y);
}

/** A raw public key as node:crypto's `verify` wants it. Throws IntegrityError `key_weak`. */
export function importEd25519(raw: Buffer): KeyObject {
  if (isWeakEd25519Key(raw)) {
    throw new IntegrityError({
      code: 'key_weak',
      message: 'Ed25519 public key is malformed, or a low-order point that anyone can sign for',
    });
  }
  return createPublicKey({
    key: Buffer.concat([spkiPrefix, raw]),
    format: 'der',
    type: 'spki',
  });
}
