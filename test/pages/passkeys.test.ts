import { expect, test } from 'vitest';
import { layoutAccount } from '../../src/pages/passkeys.ts';
import { allWays } from './request-views.ts';

test('a passkey that a login enrolled names the issuer as the buttons do', () => {
  const [passkey] = allWays.passkeys;
  const issuer = 'https://login.example.com';
  const view = {
    person: 'bob',
    csrf: 'c5rf',
    until: '2026-03-01T12:00:00.000Z',
    passkeys: passkey === undefined ? [] : [{ ...passkey, enrolled_by: `login at ${issuer}` }],
    origin: 'https://runbook.example.com',
  };
  const known = layoutAccount({ ...view, issuers: [{ issuer, name: 'Example SSO' }] }).markup;
  expect(known).toContain('by a login at Example SSO.');
  expect(layoutAccount({ ...view, issuers: [] }).markup).toContain(`by login at ${issuer}.`);
});
