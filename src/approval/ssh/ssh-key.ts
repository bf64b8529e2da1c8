import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isWeakEd25519Key } from '../../base/ed25519.ts';
import { UsageError } from '../../base/errors.ts';
import { decodeBase64, readWire, type WireReader, wireString } from './ssh-wire.ts';

/** The keys a person may approve with. The last carries passkeys too (`webauthn-sk-ecdsa…` signatures). */
const sshKeyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;
export type SshKeyType = (typeof sshKeyTypes)[number];

/** An OpenSSH public key, read and found fit to approve with. */
export interface SshPublicKey {
  readonly type: SshKeyType;
  /** The key in wire format. Two keys are the same where these bytes are: each key has one form. */
  readonly blob: Buffer;
  /** What a security key signs for: `ssh:`, or a passkey's rpId. Null for keys without hardware. */
  readonly application: string | null;
  readonly key: KeyObject;
}

/**
 * Reads one line of a `.pub` file; the comment is dropped. Throws UsageError `key_unreadable`,
 * `key_weak`, or `key_private` where somebody pasted the wrong half.
 */
export function parsePublicKey(line: string): SshPublicKey {
  const text = line.trim();
  if (/PRIVATE KEY|^PuTTY-User-Key-File/.test(text)) {
    throw new UsageError({
      code: 'key_private',
      message: 'this is a private key; only its public half belongs here',
      hint: 'give the file that ends in `.pub`, and never show the private one to anybody',
    });
  }
  if (text.includes('\n')) {
    unreadable('holds more than one line');
  }
  const [type = '', base64 = ''] = text.split(/[ \t]+/);
  if (!isSshKeyType(type)) {
    unreadable(`begins with \`${type.slice(0, 40)}\`, and ${supported}`);
  }
  const key = parsePublicKeyBlob(decodeBase64(base64) ?? unreadable('is not base64'));
  return key.type === type ? key : unreadable(`calls itself \`${type}\` but is \`${key.type}\``);
}

/** Reads a key in wire format. Throws as `parsePublicKey` does. */
export function parsePublicKeyBlob(blob: Buffer): SshPublicKey {
  const wire = readWire(blob, unreadable);
  const type = wire.text();
  if (!isSshKeyType(type)) {
    unreadable(`is of type \`${type.slice(0, 40)}\`, and ${supported}`);
  }
  const key = readers[type](wire);
  const application = type.startsWith('sk-') ? wire.text() : null;
  wire.end();
  return { type, blob: Buffer.from(blob), application, key };
}

/** The key's line without comment: `ssh-ed25519 AAAA…`. Equal keys have equal lines. */
export function formatPublicKey(key: SshPublicKey): string {
  return `${key.type} ${key.blob.toString('base64')}`;
}

/** As `ssh-keygen -l` prints it: `SHA256:` and base64 without padding. */
export function fingerprint(key: SshPublicKey): string {
  const hash = createHash('sha256').update(key.blob).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}

/** The wire form of a raw Ed25519 key, for keys that no OpenSSH file holds. */
export function ed25519Blob(raw: Buffer): Buffer {
  return Buffer.concat([wireString('ssh-ed25519'), wireString(raw)]);
}

const supported = `only ${sshKeyTypes.map((type) => `\`${type}\``).join(', ')} can approve`;

function isSshKeyType(type: string): type is SshKeyType {
  return sshKeyTypes.some((known) => known === type);
}

const readers: Readonly<Record<SshKeyType, (wire: WireReader) => KeyObject>> = {
  'ssh-ed25519': readEd25519,
  'ecdsa-sha2-nistp256': (wire) => readEcdsa(wire, { name: 'nistp256', crv: 'P-256', size: 32 }),
  'ecdsa-sha2-nistp384': (wire) => readEcdsa(wire, { name: 'nistp384', crv: 'P-384', size: 48 }),
  'ecdsa-sha2-nistp521': (wire) => readEcdsa(wire, { name: 'nistp521', crv: 'P-521', size: 66 }),
  'ssh-rsa': readRsa,
  'sk-ssh-ed25519@openssh.com': readEd25519,
  'sk-ecdsa-sha2-nistp256@openssh.com': (wire) =>
    readEcdsa(wire, { name: 'nistp256', crv: 'P-256', size: 32 }),
};

function readEd25519(wire: WireReader): KeyObject {
  const raw = wire.string();
  if (raw.length !== 32) {
    unreadable(`holds ${raw.length} bytes where an Ed25519 key has 32`);
  }
  // Under a low-order key one signature fits many messages: it would approve what nobody saw.
  if (isWeakEd25519Key(raw)) {
    weak('is an Ed25519 key of low order or in a second spelling');
  }
  return importJwk({ kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') });
}

interface Curve {
  readonly name: string;
  readonly crv: string;
  /** Bytes of one coordinate. */
  readonly size: number;
}

function readEcdsa(wire: WireReader, curve: Curve): KeyObject {
  const name = wire.text();
  if (name !== curve.name) {
    unreadable(`names the curve \`${name.slice(0, 40)}\` where \`${curve.name}\` belongs`);
  }
  const point = wire.string();
  if (point.length !== 1 + 2 * curve.size || point[0] !== 4) {
    unreadable('holds a point that is not in uncompressed form');
  }
  const x = point.subarray(1, 1 + curve.size).toString('base64url');
  const y = point.subarray(1 + curve.size).toString('base64url');
  return importJwk({ kty: 'EC', crv: curve.crv, x, y });
}

function readRsa(wire: WireReader): KeyObject {
  const e = wire.mpint();
  const n = wire.mpint();
  const bits = n.length * 8 - Math.clz32(n.readUInt8()) + 24;
  if (bits < 3072) {
    weak(`is an RSA key of ${bits} bits, and 3072 are the least`);
  }
  // OpenSSH's own bound; it also keeps one verification cheap.
  if (bits > 16_384) {
    unreadable(`is an RSA key of ${bits} bits, and 16384 are the most`);
  }
  const exponent = e.length <= 4 ? e.readUIntBE(0, e.length) : 0;
  if (exponent < 3 || exponent % 2 === 0) {
    weak('is an RSA key with an exponent that is even, too small or too large');
  }
  return importJwk({ kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') });
}

/** Also where OpenSSL refuses a point that is not on its curve. */
function importJwk(key: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return unreadable('holds numbers that are no key');
  }
}

function unreadable(what: string): never {
  throw new UsageError({
    code: 'key_unreadable',
    message: `the public key ${what}`,
    hint: 'give one line as `ssh-keygen` wrote it into the `.pub` file',
  });
}

function weak(what: string): never {
  throw new UsageError({
    code: 'key_weak',
    message: `the public key ${what}`,
    hint: 'make a new one with `ssh-keygen -t ed25519`',
  });
}
