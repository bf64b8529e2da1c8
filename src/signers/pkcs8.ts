import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ed25519Blob, formatPublicKey, parsePublicKeyBlob } from '../approval/ssh/ssh-key.ts';
import { wireString } from '../approval/ssh/ssh-wire.ts';
import { assembleSshsig, toBeSigned } from '../approval/ssh/sshsig.ts';
import type { ApproverSigner } from './signer.ts';

/** Signs in this process with an Ed25519 private key that node:crypto has read. */
export function pkcs8Signer(key: KeyObject): ApproverSigner {
  const blob = ed25519Blob(rawPublicKey(createPublicKey(key)));
  return {
    publicKey: formatPublicKey(parsePublicKeyBlob(blob)),
    sign: async (namespace, message) => {
      const signature = Buffer.concat([
        wireString('ssh-ed25519'),
        wireString(sign(null, toBeSigned(namespace, message), key)),
      ]);
      return assembleSshsig(blob, namespace, signature).toString('base64');
    },
  };
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
