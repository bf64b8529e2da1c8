import { createHash } from 'node:crypto';
import { IntegrityError, RunbookError } from '../../base/errors.ts';
import { formatPublicKey, parsePublicKeyBlob, type SshPublicKey } from './ssh-key.ts';
import { verifySshSignature } from './ssh-signature.ts';
import { decodeBase64, readWire, wireString, wireUint32 } from './ssh-wire.ts';

/** What a valid signature proves. */
export interface SshsigEvidence {
  /** The signer's key as a line without comment, to be looked up among the enrolled ones. */
  readonly publicKey: string;
  /** Somebody touched the security key. False for keys without hardware: nothing proves it. */
  readonly presence: boolean;
  /** The security key asked for a PIN or a fingerprint. */
  readonly verified: boolean;
  /** What a security key signed for: `ssh:`, or a passkey's rpId. */
  readonly application: string | null;
  /** The page a passkey signed on, which its rpId covers. Null for everything else. */
  readonly origin: string | null;
}

/** Hash functions of PROTOCOL.sshsig. We sign with the first. */
type SshsigHash = 'sha512' | 'sha256';

export interface SshsigInput {
  /** The SSHSIG blob, without armour. */
  readonly signature: Buffer;
  readonly message: Buffer;
  readonly namespace: string;
  /** The hashes to accept; only sha512 unless said. */
  readonly hashes?: readonly SshsigHash[];
}

/**
 * Verifies one SSHSIG (OpenSSH's PROTOCOL.sshsig, and PROTOCOL.u2f for security keys and passkeys) with
 * nothing but `node:crypto`. Whose key it is, the caller must ask. Throws IntegrityError
 * `E_APPROVAL_SIG` that says what is wrong.
 */
export function verifySshsig(input: SshsigInput): SshsigEvidence {
  const parts = readSshsig(input.signature);
  if (parts.namespace !== input.namespace) {
    invalid(`was made for \`${parts.namespace}\`, not for \`${input.namespace}\``);
  }
  const hashes = input.hashes ?? ['sha512'];
  const hash = hashes.find((known) => known === parts.hash);
  if (hash === undefined) {
    invalid(`hashes with \`${parts.hash}\`, not with ${hashes.join(' or ')}`);
  }
  const key = parseKey(parts.publicKey);
  const message = preimage(input.namespace, hash, input.message);
  const flags = verifySshSignature({ key, message, signature: parts.signature }, invalid);
  return { publicKey: formatPublicKey(key), application: key.application, ...flags };
}

/** The key that a signature names, as a line; whether it made it is not asked. Throws as `verifySshsig`. */
export function sshsigKey(signature: Buffer): string {
  return formatPublicKey(parseKey(readSshsig(signature).publicKey));
}

/** The bytes a key signs for `message`: what ssh-agent's sign request takes. */
export function toBeSigned(namespace: string, message: Buffer): Buffer {
  return preimage(namespace, 'sha512', message);
}

/**
 * Puts an SSHSIG blob together from a public key in wire format and the signature that this key made
 * over `toBeSigned(namespace, message)`, in wire format too.
 */
export function assembleSshsig(publicKey: Buffer, namespace: string, signature: Buffer): Buffer {
  return Buffer.concat([
    magic,
    wireUint32(1),
    wireString(publicKey),
    wireString(namespace),
    wireString(''),
    wireString('sha512'),
    wireString(signature),
  ]);
}

/** The form `ssh-keygen -Y sign` writes, to the byte. */
export function armor(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return [head, ...lines, foot, ''].join('\n');
}

/** The blob inside `armor`'s form; throws IntegrityError `E_APPROVAL_SIG` for anything else. */
export function dearmor(text: string): Buffer {
  const lines = text.trim().split(/\r?\n/);
  if (lines.shift() !== head || lines.pop() !== foot) {
    invalid(`does not stand between \`${head}\` and \`${foot}\``);
  }
  return decodeBase64(lines.join('')) ?? invalid('is not base64');
}

const magic = Buffer.from('SSHSIG');
const head = '-----BEGIN SSH SIGNATURE-----';
const foot = '-----END SSH SIGNATURE-----';

interface SshsigParts {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly hash: string;
  readonly signature: Buffer;
}

function readSshsig(blob: Buffer): SshsigParts {
  const wire = readWire(blob, invalid);
  if (!wire.raw(magic.length).equals(magic)) {
    invalid('is not an SSHSIG');
  }
  const version = wire.uint32();
  if (version !== 1) {
    invalid(`is of version ${version}, not 1`);
  }
  const publicKey = wire.string();
  const namespace = wire.text();
  // Nothing signs the reserved field, so anything in it is somebody else's addition.
  if (wire.string().length > 0) {
    invalid('carries data in its reserved field');
  }
  const hash = wire.text();
  const signature = wire.string();
  wire.end();
  return { publicKey, namespace, hash, signature };
}

function parseKey(blob: Buffer): SshPublicKey {
  try {
    return parsePublicKeyBlob(blob);
  } catch (error) {
    return invalid(
      error instanceof RunbookError ? `names a key: ${error.message}` : 'names no key',
    );
  }
}

function preimage(namespace: string, hash: SshsigHash, message: Buffer): Buffer {
  const digest = createHash(hash).update(message).digest();
  return Buffer.concat([
    magic,
    wireString(namespace),
    wireString(''),
    wireString(hash),
    wireString(digest),
  ]);
}

function invalid(what: string): never {
  throw new IntegrityError({ code: 'E_APPROVAL_SIG', message: `the ssh signature ${what}` });
}
