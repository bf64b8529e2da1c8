import { createHash, verify } from 'node:crypto';
import type { SshKeyType, SshPublicKey } from './ssh-key.ts';
import { type Fail, readWire, type WireReader, wireUint32 } from './ssh-wire.ts';
import { checkClientData, webauthnFormat } from './webauthn.ts';

/** What a signature says about how it was made. */
export interface SignatureFlags {
  readonly presence: boolean;
  readonly verified: boolean;
  readonly origin: string | null;
}

export interface SshSignature {
  readonly key: SshPublicKey;
  readonly message: Buffer;
  /** The signature in wire format: its format's name, then what that format holds. */
  readonly signature: Buffer;
}

/** Verifies a signature in SSH's wire format; says to `fail` what is wrong. */
export function verifySshSignature(input: SshSignature, fail: Fail): SignatureFlags {
  const { key, message } = input;
  const wire = readWire(input.signature, fail);
  const format = wire.text();
  const scheme = schemes[key.type].get(format);
  if (scheme === undefined) {
    return fail(`has the format \`${format}\`, which is not accepted from a \`${key.type}\` key`);
  }
  const signature = scheme.read(wire, fail);
  const signed =
    key.application === null
      ? { bytes: message, presence: false, verified: false, origin: null }
      : readHardware(wire, { format, message, application: key.application }, fail);
  wire.end();
  const publicKey = { key: key.key, dsaEncoding: 'ieee-p1363' } as const;
  if (!verify(scheme.hash, signed.bytes, publicKey, signature)) {
    fail('does not fit the key and the message');
  }
  return { presence: signed.presence, verified: signed.verified, origin: signed.origin };
}

/** One way a key signs: the hash it takes, and how its bytes are read into the form node:crypto takes. */
interface Scheme {
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly read: (wire: WireReader, fail: Fail) => Buffer;
}

const ed25519: Scheme = { hash: null, read: (wire) => wire.string() };

/** Which formats a key may use. RSA with SHA-1 is `ssh-rsa`, and stands nowhere here. */
const schemes: Readonly<Record<SshKeyType, ReadonlyMap<string, Scheme>>> = {
  'ssh-ed25519': new Map([['ssh-ed25519', ed25519]]),
  'ecdsa-sha2-nistp256': new Map([['ecdsa-sha2-nistp256', ecdsa('sha256', 32)]]),
  'ecdsa-sha2-nistp384': new Map([['ecdsa-sha2-nistp384', ecdsa('sha384', 48)]]),
  'ecdsa-sha2-nistp521': new Map([['ecdsa-sha2-nistp521', ecdsa('sha512', 66)]]),
  'ssh-rsa': new Map([
    ['rsa-sha2-512', rsa('sha512')],
    ['rsa-sha2-256', rsa('sha256')],
  ]),
  'sk-ssh-ed25519@openssh.com': new Map([['sk-ssh-ed25519@openssh.com', ed25519]]),
  'sk-ecdsa-sha2-nistp256@openssh.com': new Map([
    ['sk-ecdsa-sha2-nistp256@openssh.com', ecdsa('sha256', 32)],
    [webauthnFormat, ecdsa('sha256', 32)],
  ]),
};

function rsa(hash: 'sha256' | 'sha512'): Scheme {
  return { hash, read: (wire) => wire.string() };
}

/** SSH writes r and s as integers; node:crypto takes them padded to the curve's size. */
function ecdsa(hash: 'sha256' | 'sha384' | 'sha512', size: number): Scheme {
  const read: Scheme['read'] = (wire, fail) => {
    const inner = readWire(wire.string(), fail);
    const numbers = [inner.mpint(), inner.mpint()];
    inner.end();
    if (numbers.some((number) => number.length > size)) {
      fail('holds a number too large for its curve');
    }
    return Buffer.concat(numbers.flatMap((number) => [Buffer.alloc(size - number.length), number]));
  };
  return { hash, read };
}

interface Hardware {
  readonly format: string;
  readonly message: Buffer;
  readonly application: string;
}

/**
 * A security key signs SHA-256(application) ‖ flags ‖ counter ‖ extensions ‖ SHA-256(message), and a
 * passkey the client data in the message's place (PROTOCOL.u2f, WebAuthn section 6.1).
 */
function readHardware(wire: WireReader, hardware: Hardware, fail: Fail) {
  const { format, message, application } = hardware;
  const flags = wire.byte();
  const counter = wire.uint32();
  const page =
    format === webauthnFormat
      ? checkClientData({ wire, flags, application, challenge: message }, fail)
      : { hashed: message, extensions: Buffer.alloc(0), origin: null };
  const bytes = Buffer.concat([
    sha256(Buffer.from(application)),
    Buffer.from([flags]),
    wireUint32(counter),
    page.extensions,
    sha256(page.hashed),
  ]);
  return {
    bytes,
    presence: (flags & 0x01) !== 0,
    verified: (flags & 0x04) !== 0,
    origin: page.origin,
  };
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
