import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { wireString, wireUint32 } from '../../src/approval/ssh/ssh-wire.ts';
import { toBeSigned } from '../../src/approval/ssh/sshsig.ts';

/** What a browser hands to the page that asked a passkey to sign. */
export interface WebAssertion {
  readonly clientDataJSON: Buffer;
  readonly authenticatorData: Buffer;
  /** DER. */
  readonly signature: Buffer;
}

/** What a test may make browser and passkey say that honest ones do not. */
export interface Lie {
  readonly origin?: string;
  readonly flags?: number;
  readonly extensions?: Buffer;
  readonly clientData?: (text: string) => string;
}

/** A passkey in code, as the pages' script meets it: what a thief of the script's place could send. */
export interface WebPasskey {
  /** As `getPublicKey()` has it. */
  readonly spki: Buffer;
  readonly credential: string;
  readonly publicKey: string;
  readonly sign: (namespace: string, statement: string, lie?: Lie) => WebAssertion;
}

/** `UP` and `UV`: somebody was there, and showed a fingerprint or typed a PIN. */
const presentAndVerified = 0x05;

export function makeWebPasskey({ rpId, origin }: { rpId: string; origin: string }): WebPasskey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob = Buffer.concat([type, 'nistp256', spki.subarray(-65), rpId].map(wireString));
  return {
    spki,
    credential: randomBytes(32).toString('base64url'),
    publicKey: `${type} ${blob.toString('base64')}`,
    sign: (namespace, statement, lie = {}) => {
      const challenge = toBeSigned(namespace, Buffer.from(statement)).toString('base64url');
      const plain = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${lie.origin ?? origin}","crossOrigin":false}`;
      const clientDataJSON = Buffer.from(lie.clientData?.(plain) ?? plain);
      const authenticatorData = Buffer.concat([
        sha256(rpId),
        Buffer.from([lie.flags ?? presentAndVerified]),
        wireUint32(7),
        lie.extensions ?? Buffer.alloc(0),
      ]);
      const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)]);
      return { clientDataJSON, authenticatorData, signature: sign('sha256', signed, privateKey) };
    },
  };
}

function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}
