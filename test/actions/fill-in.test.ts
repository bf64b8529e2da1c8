import { expect, test } from 'vitest';
import { fillIn } from '../../src/actions/fill-in.ts';
import { sha256 } from '../../src/base/digest.ts';

const ref = { secret: 'params.token', commitment: sha256('x') };

test('a secret is filled in as it is, and escaped inside JSON', () => {
  const secrets = new Map([['params.token', 'a"b\\c\n']]);
  expect(fillIn(['Bearer ', ref], secrets)).toBe('Bearer a"b\\c\n');
  const body = fillIn(['{"token":"', { ...ref, as: 'json' }, '","admin":false}'], secrets);
  expect(JSON.parse(body)).toEqual({ token: 'a"b\\c\n', admin: false });
});
