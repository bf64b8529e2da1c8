import { expect, test } from 'vitest';
import { restsOn, type WhoEntry } from '../../../src/engine/evidence/rests-on.ts';

/** A session by a passkey that was enrolled by invitation, and one token that came with another. */
const all: readonly WhoEntry[] = [
  { seq: 1, about: ['invite:i1'], rests: [] },
  { seq: 2, about: ['passkey:p1', 'ssh:k1'], rests: ['invite:i1', 'passkey:p1', 'ssh:k1'] },
  { seq: 3, about: ['token:t1'], rests: ['passkey:p1'] },
  { seq: 4, about: ['token:t2'], rests: ['token:t1'] },
  { seq: 5, about: ['passkey:p1'], rests: ['token:t3'] },
  { seq: 6, about: ['token:t3'], rests: ['os:root@web1'] },
  { seq: 7, about: ['invite:i2'], rests: [] },
  { seq: 8, about: ['token:t4'], rests: ['oidc:https://login.example.com#1'] },
  { seq: 9, about: ['issuer:runbook@https://login.example.com'], rests: [] },
];

const seqs = (...names: readonly string[]) => [...restsOn(all, names)].sort((a, b) => a - b);

test('nothing leads to nothing, and what nobody names is left out', () => {
  expect(seqs()).toEqual([]);
  expect(seqs('os:root@web1', 'token:unknown')).toEqual([]);
});

test('a name leads to all that it rests on, whoever took it away included', () => {
  expect(seqs('invite:i1')).toEqual([1]);
  expect(seqs('ssh:k1')).toEqual([1, 2, 5, 6]);
  expect(seqs('token:t2')).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a session of somebody who logged in rests on no passkey', () => {
  expect(seqs('token:t4')).toEqual([8]);
});
