import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { passkeyLine } from '../../src/approval/ssh/passkey-line.ts';
import { parsePublicKey } from '../../src/approval/ssh/ssh-key.ts';
import { aDevice } from '../support/passkeys.ts';

test("a browser's key becomes the line that OpenSSH has for it, with the rpId as its application", () => {
  const { offered, publicKey } = aDevice();
  const line = passkeyLine(offered);
  expect(line).toBe(publicKey);
  expect(parsePublicKey(line).application).toBe(offered.rpId);
});

test.each<[string, object]>([
  ['on a page of another name', { origin: 'https://runbook.example.org' }],
  ['on a page without TLS', { origin: 'http://runbook.example.com' }],
  ['for what an ssh key is for', { rpId: 'ssh:' }],
  ['of another curve', { spki: spki('secp384r1') }],
  ['of a curve that WebAuthn does not name', { spki: spki('secp256k1') }],
  ['that is none', { spki: Buffer.from('30', 'hex') }],
])('a passkey %s is unfit', (_what, changes) => {
  expect(() => passkeyLine({ ...aDevice().offered, ...changes })).toThrow(
    expect.objectContaining({ code: 'passkey_unfit' }),
  );
});

function spki(namedCurve: string): Buffer {
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export({
    format: 'der',
    type: 'spki',
  });
}
