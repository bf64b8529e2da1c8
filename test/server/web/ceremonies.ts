import { expect } from 'vitest';
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

/** Asks what the passkey is to sign to become the invited person's. */
export async function prepareInvited(
  stranger: Browsing,
  passkey: WebPasskey,
  secret: string,
): Promise<string> {
  const { credential, spki } = passkey;
  const fields = { secret, credential, spki: spki.toString('base64url'), label: 'laptop' };
  const { status, json } = await call(stranger, '/passkeys/new/statement', fields);
  expect(json).toMatchObject({ statement: expect.any(String) as string });
  expect(status).toBe(200);
  return json['statement'] ?? '';
}

/** Somebody's passkey, enrolled by an invitation. */
export async function enrolled(served: Served, person: string): Promise<WebPasskey> {
  const [stranger, passkey] = [browseWith(served, ''), newPasskey(served)];
  const secret = await invite(served, person);
  const statement = await prepareInvited(stranger, passkey, secret);
  const signed = signedFields(passkey, { namespace: 'passkey@runbook/v1', statement });
  const done = await call(stranger, '/passkeys/new', { secret, statement, ...signed });
  expect(done).toEqual({ status: 200, json: { to: '/passkeys/enrolled' } });
  return passkey;
}
