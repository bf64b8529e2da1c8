import { expect, test } from 'vitest';
import { canReach, type Means, signingAlone } from '../../src/approval/tally/means.ts';
import { aPerson } from './builders.ts';

const people = {
  people: [
    aPerson('ana', { sshKeys: ['ssh-ed25519 AAAA'] }),
    aPerson('bob', { slack: ['T1/UBOB'] }),
    aPerson('carol', { emails: ['carol@example.com'] }),
    aPerson('dan'),
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
  expect(ableAt('A1', { slack: true })).toEqual(['ana', 'bob']);
  expect(ableAt('A1', { slack: true, level: 'A0' })).toEqual(['ana']);
  expect(ableAt('A0', { slack: true, level: 'A0' })).toEqual(['ana', 'bob']);
  expect(ableAt('A2', { slack: true })).toEqual(['ana']);
});

test('an address does where addresses are matched, and only where clicks are taken', () => {
  expect(ableAt('A1', { slack: true, email: true })).toEqual(['ana', 'bob', 'carol']);
  expect(ableAt('A1', { email: true })).toEqual(['ana']);
});

test('a token that decides does', () => {
  expect(ableAt('A1', { tokens: new Set(['dan']) })).toEqual(['ana', 'dan']);
});

test('nobody who is not enrolled reaches anything', () => {
  expect(canReach(people, { ...signingAlone, tokens: new Set(['eve']) })('eve', 'A0')).toBe(false);
});

test('an account of the host decides where the host has a spool, and only at A0', () => {
  const someone = { people: [aPerson('eve', { osUsers: ['eve@web1'] })] };
  const able = (level: 'A0' | 'A1', spool: string | null) =>
    canReach(someone, { ...signingAlone, level: 'A1', spool })('eve', level);
  expect(able('A0', 'web1')).toBe(true);
  expect(able('A1', 'web1')).toBe(false);
  expect(able('A0', 'web2')).toBe(false);
  expect(able('A0', null)).toBe(false);
});
