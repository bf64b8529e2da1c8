import { expect } from 'vitest';
import { passkeyNamespace } from '../../../src/approval/statement/enrolment.ts';
import { type Lie, makeWebPasskey, type WebPasskey } from '../../support/web-passkey.ts';
import type { Served } from '../served.ts';
import { type Browsing, browseWith, type Page } from './visiting.ts';

/** What the pages' script does, in code: so that a test can do any part of it otherwise. */

export type Fields = Readonly<Record<string, string>>;

export interface Said {
  readonly status: number;
  readonly json: Fields;
}

/** Calls as the script does. */
export async function call(browsing: Browsing, path: string, fields: Fields): Promise<Said> {
  const { status, text }: Page = await browsing.post(path, fields, { accept: 'application/json' });
  return { status, json: JSON.parse(text) as Fields };
}

export function newPasskey(served: Served): WebPasskey {
  return makeWebPasskey({ rpId: 'localhost', origin: served.origin });
}

/** The fields that a signature travels in. */
export function signedFields(
  passkey: WebPasskey,
  of: { readonly namespace: string; readonly statement: string; readonly lie?: Lie },
): Fields {
  const made = passkey.sign(of.namespace, of.statement, of.lie);
  return {
    credential: passkey.credential,
    client_data: made.clientDataJSON.toString('base64url'),
    authenticator_data: made.authenticatorData.toString('base64url'),
    signature: made.signature.toString('base64url'),
  };
}

/** A one-time link's secret, as `runbook passkey invite` makes it on the server. */
export async function invite(served: Served, person: string): Promise<string> {
  const account = { osUser: served.scene.engine().account };
  return (await served.scene.service(undefined, account).invitePasskey(person, 3_600_000)).secret;
}

/** What a new passkey is to sign, and the id under which its signature comes back. */
export interface Made {
  readonly prepared: string;
  readonly statement: string;
}

/** Asks what the passkey is to sign to become the invited person's, or with '' that of whoever is logged in. */
export async function prepareMade(
  browsing: Browsing,
  { credential, spki }: Pick<WebPasskey, 'credential' | 'spki'>,
  given: { readonly secret: string; readonly label?: string },
): Promise<Made> {
  const { secret, label = 'laptop' } = given;
  const path = secret === '' ? '/account/passkeys/statement' : '/passkeys/new/statement';
  const fields = { secret, credential, spki: spki.toString('base64url'), label };
  const { status, json } = await call(browsing, path, fields);
  expect([status, json]).toMatchObject([200, { statement: expect.any(String) as string }]);
  return { prepared: json['prepared'] ?? '', statement: json['statement'] ?? '' };
}

/** The fields that hand in what was made and signed. */
export function madeFields(passkey: WebPasskey, made: Made, lie: Lie = {}): Fields {
  const { prepared, statement } = made;
  return { prepared, ...signedFields(passkey, { namespace: passkeyNamespace, statement, lie }) };
}

/** Somebody's passkey, enrolled by an invitation. */
export async function enrolled(served: Served, person: string): Promise<WebPasskey> {
  const [stranger, passkey] = [browseWith(served, ''), newPasskey(served)];
  const secret = await invite(served, person);
  const made = await prepareMade(stranger, passkey, { secret });
  const done = await call(stranger, '/passkeys/new', { secret, ...madeFields(passkey, made) });
  expect(done).toEqual({ status: 200, json: { to: '/passkeys/enrolled' } });
  return passkey;
}
