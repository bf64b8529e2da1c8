import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { CheckpointSigner } from '../../src/journal/signer.ts';

/** PKCS#8 of an Ed25519 private key, up to the seed (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A checkpoint key that is the same in every run, so that notes can be compared byte for byte. */
export function aSigner(name: string, seed = 1): CheckpointSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, Buffer.alloc(32, seed)]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    name,
    publicKey: publicKey.subarray(-32),
    sign: (message) => sign(null, message, privateKey),
  };
}
