import { createPublicKey, type KeyObject } from 'node:crypto';
import { UsageError } from '../../base/errors.ts';
import { formatPublicKey, parsePublicKeyBlob } from './ssh-key.ts';
import { wireString } from './ssh-wire.ts';
import { isOriginOf } from './webauthn.ts';

/** A passkey as a browser hands it over. */
export interface NewPasskey {
  /** DER of a SubjectPublicKeyInfo: what `getPublicKey()` answers. */
  readonly spki: Buffer;
  /** The page it was made on. */
  readonly origin: string;
  readonly rpId: string;
}

/**
 * A passkey as an OpenSSH public key line: an `sk-ecdsa` key whose application is the rpId (PROTOCOL.u2f).
 * Throws UsageError `passkey_unfit` for any key but one on P-256, and where the page has no such rpId.
 */
export function passkeyLine({ spki, origin, rpId }: NewPasskey): string {
  if (!isOriginOf(origin, rpId)) {
    unfit(`is of \`${rpId}\`, and \`${origin}\` is not a page of that`);
  }
  const key = readKey(spki);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    unfit('is of another kind than ES256');
  }
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]);
  const parts = ['sk-ecdsa-sha2-nistp256@openssh.com', 'nistp256', point, rpId];
  return formatPublicKey(parsePublicKeyBlob(Buffer.concat(parts.map(wireString))));
}

function readKey(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return unfit('cannot be read');
  }
}

function unfit(what: string): never {
  throw new UsageError({
    code: 'passkey_unfit',
    message: `the passkey ${what}`,
    hint: 'use one that this device or a security key makes with ES256, which nearly all do',
  });
}
