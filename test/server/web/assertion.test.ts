import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifySshsig } from '../../../src/approval/ssh/sshsig.ts';
import { assembleAssertion } from '../../../src/server/web/assertion.ts';
import { acceptedByOpenSsh } from '../../signers/ssh-tools.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { type Lie, makeWebPasskey } from '../../support/web-passkey.ts';

const namespace = 'approval@runbook/v1';
const statement = '{"decision":"approve"}';
const origin = 'https://runbook.example.com';
const passkey = makeWebPasskey({ rpId: 'runbook.example.com', origin });
const { publicKey } = passkey;

function assemble(lie: Lie = {}): string {
  return assembleAssertion({ publicKey, namespace, ...passkey.sign(namespace, statement, lie) });
}

function verify(signature: string) {
  const message = Buffer.from(statement);
  return verifySshsig({ signature: Buffer.from(signature, 'base64'), message, namespace });
}

describe('an assertion', () => {
  test('is an SSHSIG that OpenSSH itself accepts, whatever its two numbers are', () => {
    // Numbers whose first bit is set, and short ones: one in two, and one in 256, of them.
    for (let round = 0; round < 40; round += 1) {
      const signature = assemble();
      expect(verify(signature)).toMatchObject({
        publicKey,
        presence: true,
        verified: true,
        origin,
      });
      const message = Buffer.from(statement);
      expect(
        acceptedByOpenSsh({ folder: tempFolder(), publicKey, namespace, message, signature }),
      ).toBe(true);
    }
  });

  test('keeps what the passkey says of extensions', () => {
    const signature = assemble({ flags: 0x85, extensions: Buffer.from('a16161f5', 'hex') });
    expect(verify(signature)).toMatchObject({ verified: true });
  });

  test('keeps what was not there as it was: whoever verifies it sees no fingerprint', () => {
    expect(verify(assemble({ flags: 0x01 }))).toMatchObject({ presence: true, verified: false });
  });

  test.each([
    ['another site', { authenticatorData: Buffer.alloc(37) }, 'made for another site'],
    ['cut data', { authenticatorData: Buffer.alloc(36) }, 'has authenticator data of 36 bytes'],
    ['no JSON', { clientDataJSON: Buffer.from('{') }, 'has client data that names no page'],
    ['no page', { clientDataJSON: Buffer.from('{"origin":1}') }, 'has client data that names'],
    ['no DER', { signature: Buffer.alloc(70) }, 'not in DER'],
    ['nothing', { signature: Buffer.alloc(0) }, 'not in DER'],
    ['one number', { signature: Buffer.from('3003020101', 'hex') }, 'not two numbers'],
    ['long numbers', { signature: Buffer.from('30060222010102010101', 'hex') }, 'not in DER'],
    ['three numbers', { signature: Buffer.from('3009020101020101020101', 'hex') }, 'behind it'],
  ])('is refused with %s', (_, wrong, message) => {
    const good = passkey.sign(namespace, statement);
    expect(() => assembleAssertion({ publicKey, namespace, ...good, ...wrong })).toThrow(
      new RegExp(message),
    );
  });

  test('is refused from a key that is none of a passkey', () => {
    const ssh = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJHy0zSN9tKUqsnmgAfyyfHz5LLbeeH8Ul9q1p5gT4fM';
    const good = passkey.sign(namespace, statement);
    expect(() => assembleAssertion({ publicKey: ssh, namespace, ...good })).toThrow(
      expect.objectContaining({ code: 'assertion_unreadable' }),
    );
  });

  test('of any bytes either verifies not, or is refused with a code', () => {
    const good = passkey.sign(namespace, statement);
    assert(
      property(uint8Array({ maxLength: 80 }), (bytes) => {
        const signature = Buffer.from(bytes);
        expect(() =>
          verify(assembleAssertion({ publicKey, namespace, ...good, signature })),
        ).toThrow(/the (passkey's|ssh) signature /);
      }),
    );
  });
});
