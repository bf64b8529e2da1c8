import { expect, test } from 'vitest';
import { canReach, type Means, signingAlone } from '../../src/approval/tally/means.ts';
import { aPerson } from './builders.ts';

const people = {
  people: [
    aPerson('ana', { sshKeys: ['ssh-ed25519 AAAA'] }),
    aPerson('bob', { slack: ['T1/UBOB'] }),
    aPerson('carol', { emails: ['carol@example.com'] }),
    aPerson('dan'),
    aPerson('fay', { teams: ['tenant/fay'] }),
  ],
};

function ableAt(level: 'A0' | 'A1' | 'A2' | 'A3', means: Partial<Means>): readonly string[] {
  const able = canReach(people, { ...signingAlone, level: 'A1', ...means });
  return people.people.map(({ name }) => name).filter((name) => able(name, level));
}

test('a key reaches every level', () => {
  expect(ableAt('A0', {})).toEqual(['ana']);
  expect(ableAt('A3', {})).toEqual(['ana']);
});

test('a chat account reaches what the receiver’s word weighs, where clicks are taken', () => {
  expect(ableAt('A1', { heardBy: new Set(['slack']) })).toEqual(['ana', 'bob']);
  expect(ableAt('A1', { heardBy: new Set(['teams']) })).toEqual(['ana', 'fay']);
  expect(ableAt('A1', { heardBy: new Set(['slack']), level: 'A0' })).toEqual(['ana']);
  expect(ableAt('A0', { heardBy: new Set(['slack']), level: 'A0' })).toEqual(['ana', 'bob']);
  expect(ableAt('A2', { heardBy: new Set(['slack', 'teams', 'email']) })).toEqual(['ana']);
});

test('an address does where addresses are matched', () => {
  expect(ableAt('A1', { heardBy: new Set(['slack', 'email']) })).toEqual(['ana', 'bob', 'carol']);
  expect(ableAt('A1', { heardBy: new Set(['email']) })).toEqual(['ana', 'carol']);
});

test('a token that decides does', () => {
  expect(ableAt('A1', { tokens: new Set(['dan']) })).toEqual(['ana', 'dan']);
});

test('an account with an issuer reaches A2 and what is below, where people can log in', () => {
  const gil = aPerson('gil', { oidc: ['https://login.example.com#gil'] });
  const able = (level: 'A0' | 'A2' | 'A3', logins: boolean) =>
    canReach({ people: [gil] }, { ...signingAlone, logins })('gil', level);
  expect(able('A2', true)).toBe(true);
  expect(able('A0', true)).toBe(true);
  expect(able('A3', true)).toBe(false);
  expect(able('A2', false)).toBe(false);
});

test('nobody who is not enrolled reaches anything', () => {
  expect(canReach(people, { ...signingAlone, tokens: new Set(['eve']) })('eve', 'A0')).toBe(false);
});

test('an account of the host decides where the host has a spool, and only at A0', () => {
  const someone = { people: [aPerson('eve', { osUsers: ['eve@web1'] })] };
  const able = (level: 'A0' | 'A1', host: string, heardBy: Means['heardBy'] = new Set(['os'])) =>
    canReach(someone, { ...signingAlone, level: 'A1', heardBy, host })('eve', level);
  expect(able('A0', 'web1')).toBe(true);
  expect(able('A1', 'web1')).toBe(false);
  expect(able('A0', 'web2')).toBe(false);
  expect(able('A0', 'web1', new Set(['slack']))).toBe(false);
});

test('a passkey that the journal enrolled reaches every level, too', () => {
  const passkey = {
    passkey: '0123456789abcdef',
    public: 'sk-ecdsa-sha2-nistp256@openssh.com AAAA',
    credential: 'credential',
    origin: 'https://runbook.example.com',
  };
  const able = canReach({ people: [aPerson('eve', { passkeys: [passkey] })] }, signingAlone);
  expect(able('eve', 'A3')).toBe(true);
});
