import { expect, test } from 'vitest';
import { judgeSigned } from '../../src/approval/court/judge-signed.ts';
import type { Passkey } from '../../src/approval/people/passkeys.ts';
import type { People } from '../../src/approval/people/people.ts';
import { ecdsaAuthenticator } from '../support/authenticator.ts';
import { aDevice, page } from '../support/passkeys.ts';
import { aPerson } from './builders.ts';

const namespace = 'test@runbook/v1';
const device = aDevice();
const statement = '{"person":"robin"}';

const passkey: Passkey = {
  passkey: '0123456789abcdef',
  public: device.publicKey,
  credential: device.offered.credential,
  origin: page,
};

function judge(
  people: People['people'],
  signature = device.sign(namespace, statement).signature,
): string {
  const judged = judgeSigned(
    {
      signed: { statement, signature },
      people: { people },
      initiator: { kind: 'unknown', chain: [] },
      origin: 'here',
      decisionIndexUpperBound: 1,
      rootAt: () => null,
    },
    namespace,
    (text) => JSON.parse(text) as { readonly person: string },
  );
  return judged.kind === 'refused' ? judged.code : judged.person.name;
}

const robin = aPerson('robin', { passkeys: [passkey] });

test('a passkey speaks for its owner, on its page', () => {
  expect(judge([robin, aPerson('kim')])).toBe('robin');
  expect(judge([aPerson('robin')])).toBe('key_unknown');
  expect(judge([aPerson('robin', { passkeys: [{ ...passkey, origin: `${page}:8443` }] })])).toBe(
    'passkey_origin',
  );
});

test('a passkey of two speaks for nobody, also where one has it as a key', () => {
  expect(judge([robin, aPerson('kim', { passkeys: [passkey] })])).toBe('key_shared');
  expect(judge([robin, aPerson('kim', { sshKeys: [device.publicKey] })])).toBe('key_shared');
});

test('a passkey that signs as a security key does, on no page, speaks for nobody', () => {
  const key = ecdsaAuthenticator('runbook.example.com');
  const own = aPerson('robin', { passkeys: [{ ...passkey, public: key.publicKey }] });
  const touch = key.touch({ namespace, message: Buffer.from(statement), flags: 0x05 });
  expect(judge([own], touch.toString('base64'))).toBe('passkey_origin');
});

test.each([0x00, 0x01, 0x04])(
  'neither a passkey nor a key of people.yaml counts on a page with the flags %i',
  (flags) => {
    const { signature } = device.sign(namespace, statement, { flags });
    expect(judge([robin], signature)).toBe('passkey_unverified');
    expect(judge([aPerson('robin', { sshKeys: [device.publicKey] })], signature)).toBe(
      'passkey_unverified',
    );
  },
);
