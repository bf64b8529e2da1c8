import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { wireString, wireUint32 } from '../../src/approval/ssh/ssh-wire.ts';
import { assembleSshsig, toBeSigned } from '../../src/approval/ssh/sshsig.ts';

/** What a test may make a security key say. */
interface Touch {
  readonly namespace: string;
  readonly message: Buffer;
  readonly flags: number;
}

/** What a test may make a browser say around a passkey's signature. */
interface Page extends Touch {
  readonly origin: string;
  readonly extensions?: Buffer;
  /** Rewrites the client data before it is signed. */
  readonly clientData?: (text: string) => string;
}

/** A security key in software, down to the bytes of PROTOCOL.u2f. */
export interface Authenticator {
  readonly publicKey: string;
  readonly touch: (touch: Touch) => Buffer;
}

export function ed25519Authenticator(application: string): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const type = 'sk-ssh-ed25519@openssh.com';
  const blob = Buffer.concat([wireString(type), wireString(raw), wireString(application)]);
  const touch = ({ namespace, message, flags }: Touch): Buffer => {
    const tail = Buffer.concat([Buffer.from([flags]), wireUint32(7)]);
    const hashed = Buffer.concat([
      sha256(application),
      tail,
      sha256(toBeSigned(namespace, message)),
    ]);
    const signature = wireString(sign(null, hashed, privateKey));
    return assembleSshsig(blob, namespace, Buffer.concat([wireString(type), signature, tail]));
  };
  return { publicKey: `${type} ${blob.toString('base64')}`, touch };
}

export interface Passkey extends Authenticator {
  readonly approveOn: (page: Page) => Buffer;
}

export function ecdsaAuthenticator(application: string): Passkey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob = Buffer.concat([
    wireString(type),
    wireString('nistp256'),
    wireString(publicKey.export({ format: 'der', type: 'spki' }).subarray(-65)),
    wireString(application),
  ]);
  const touch = ({ namespace, message, flags }: Touch): Buffer => {
    const tail = Buffer.concat([Buffer.from([flags]), wireUint32(7)]);
    const hashed = Buffer.concat([
      sha256(application),
      tail,
      sha256(toBeSigned(namespace, message)),
    ]);
    const signature = Buffer.concat([wireString(type), ecdsa(hashed, privateKey), tail]);
    return assembleSshsig(blob, namespace, signature);
  };
  const approveOn = (page: Page): Buffer => {
    const challenge = toBeSigned(page.namespace, page.message).toString('base64url');
    const plain = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${page.origin}","crossOrigin":false}`;
    const clientData = Buffer.from(page.clientData?.(plain) ?? plain);
    const extensions = page.extensions ?? Buffer.alloc(0);
    const tail = Buffer.concat([Buffer.from([page.flags]), wireUint32(7)]);
    const hashed = Buffer.concat([sha256(application), tail, extensions, sha256(clientData)]);
    const signature = Buffer.concat([
      wireString('webauthn-sk-ecdsa-sha2-nistp256@openssh.com'),
      ecdsa(hashed, privateKey),
      tail,
      ...[Buffer.from(page.origin), clientData, extensions].map(wireString),
    ]);
    return assembleSshsig(blob, page.namespace, signature);
  };
  return { publicKey: `${type} ${blob.toString('base64')}`, touch, approveOn };
}

function ecdsa(message: Buffer, key: KeyObject): Buffer {
  const both = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  return wireString(Buffer.concat([mpint(both.subarray(0, 32)), mpint(both.subarray(32))]));
}

function mpint(number: Buffer): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  const short = number.subarray(start);
  return wireString(short.readUInt8() >= 0x80 ? Buffer.concat([Buffer.alloc(1), short]) : short);
}

function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}
