import { describe, expect, test } from 'vitest';
import type { Lie } from '../../support/web-passkey.ts';
import { ana, openServed, type Served, type ServedOptions, startGated } from '../served.ts';
import { call, enrolled, type Fields, newPasskey, signedFields } from './ceremonies.ts';
import { type Browsing, browse } from './visiting.ts';

const namespace = 'approval@runbook/v1';
const sig = 'E_APPROVAL_SIG';

interface Case {
  readonly served: Served;
  readonly robin: Browsing;
  readonly path: string;
  /** What robin's form says of a request. */
  readonly form: Fields;
}

async function openCase(options: ServedOptions = {}, start: object = {}): Promise<Case> {
  const served = await openServed({ policy: 'floor: { assurance: A3 }', ...options });
  const robin = await browse(served, 'robin');
  const { request } = await ask(served, start);
  return { served, robin, path: `/requests/${request}`, form: await formOf(served, request) };
}

async function ask(served: Served, start: object = {}) {
  return startGated(served, await served.token(ana, ['start', 'read']), start);
}

async function formOf({ scene }: Served, request: string): Promise<Fields> {
  const { hash } = await scene.service().describeRequest(request);
  return { hash, reason: 'looks right', way: 'passkey' };
}

async function decisions({ scene }: Served): Promise<readonly object[]> {
  return (await scene.service().describeRequest(null)).decisions;
}

/** Asks for the statement, as pressing the button does. */
async function prepare({ robin, path, form }: Case, more: Fields = {}): Promise<Fields> {
  const { status, json } = await call(robin, `${path}/statement`, { ...form, ...more });
  expect([status, json['code']]).toEqual([200, undefined]);
  return json;
}

describe('a passkey on the page', () => {
  test('signs what its owner decides, and the signature is the evidence', async () => {
    const about = await openCase();
    const passkey = await enrolled(about.served, 'robin');
    const { prepared = '', statement = '', credentials } = await prepare(about);
    expect(credentials).toEqual([passkey.credential]);
    const signed = signedFields(passkey, { namespace, statement });
    const done = await call(about.robin, `${about.path}/signed`, { prepared, ...signed });
    expect(done).toEqual({ status: 200, json: { to: about.path } });
    const detail = await about.served.scene.service().describeRequest(about.path.slice(10));
    expect(detail.decisions).toMatchObject([{ person: 'robin', assurance: 'A3' }]);
  });

  type Forgery = Lie & { readonly statement?: (text: string) => string; readonly as?: string };
  const forged: readonly [what: string, forgery: Forgery, code: string][] = [
    ['for another decision', { statement: (text) => text.replace('approve', 'reject') }, sig],
    [
      'for another request',
      { statement: (text) => text.replace(/[0-9a-f]{64}/, '0'.repeat(64)) },
      sig,
    ],
    ['for another purpose', { as: 'login@runbook/v1' }, sig],
    ['on another page', { origin: 'https://runbook.evil.example' }, sig],
    ['on another port of this host', { origin: 'http://localhost:1' }, 'passkey_origin'],
    ['without anybody there', { flags: 0x00 }, 'passkey_unverified'],
    ['without a fingerprint or PIN', { flags: 0x01 }, 'passkey_unverified'],
    [
      'in a frame of another page',
      { clientData: (text) => text.replace('"crossOrigin":false', '"crossOrigin":true') },
      sig,
    ],
    [
      'to make a passkey',
      { clientData: (text) => text.replace('webauthn.get', 'webauthn.create') },
      sig,
    ],
  ];

  test.each(forged)('decides nothing by what was signed %s', async (_, forgery, code) => {
    const about = await openCase();
    const passkey = await enrolled(about.served, 'robin');
    const { prepared = '', statement = '' } = await prepare(about);
    const signed = signedFields(passkey, {
      namespace: forgery.as ?? namespace,
      statement: forgery.statement?.(statement) ?? statement,
      lie: forgery,
    });
    const { json } = await call(about.robin, `${about.path}/signed`, { prepared, ...signed });
    expect.soft(json['code']).toBe(code);
    expect(await decisions(about.served)).toEqual([]);
  });

  test('decides once by one signature, in the session and for the request it was asked for', async () => {
    const about = await openCase();
    const passkey = await enrolled(about.served, 'robin');
    const other = await browse(about.served, 'robin');
    const { request } = await ask(about.served);
    const attempts: readonly ((fields: Fields) => Promise<unknown>)[] = [
      async (fields) => call(other, `${about.path}/signed`, fields),
      async (fields) => call(about.robin, `/requests/${request}/signed`, fields),
    ];
    for (const attempt of attempts) {
      const { prepared = '', statement = '' } = await prepare(about);
      const fields = { prepared, ...signedFields(passkey, { namespace, statement }) };
      const refused = { status: 400, json: { code: 'statement_forgotten' } };
      expect(await attempt(fields)).toMatchObject(refused);
      expect(await call(about.robin, `${about.path}/signed`, fields)).toMatchObject(refused);
    }
    const { prepared = '', statement = '' } = await prepare(about);
    const fields = { prepared, ...signedFields(passkey, { namespace, statement }) };
    const again = await prepare(about);
    const replayed = { ...fields, prepared: again['prepared'] ?? '' };
    const { json } = await call(about.robin, `${about.path}/signed`, replayed);
    expect(json['code']).toBe(sig);
    expect(await call(about.robin, `${about.path}/signed`, fields)).toMatchObject({ status: 200 });
    expect(await call(about.robin, `${about.path}/signed`, fields)).toMatchObject({ status: 400 });
  });

  test('of somebody else, or of nobody, does not decide for whoever is logged in', async () => {
    const about = await openCase();
    const own = await enrolled(about.served, 'robin');
    const kims = await enrolled(about.served, 'kim');
    for (const [passkey, code] of [
      [kims, 'passkey_unknown'],
      [newPasskey(about.served), 'passkey_unknown'],
      [{ ...kims, credential: own.credential }, sig],
    ] as const) {
      const { prepared = '', statement = '' } = await prepare(about);
      const signed = signedFields(passkey, { namespace, statement });
      const { json } = await call(about.robin, `${about.path}/signed`, { prepared, ...signed });
      expect.soft(json['code']).toBe(code);
    }
    expect(await decisions(about.served)).toEqual([]);
  });

  test('is asked for where there is none, with what to do', async () => {
    const about = await openCase();
    const { status, json } = await call(about.robin, `${about.path}/statement`, about.form);
    expect([status, json['code']]).toEqual([404, 'passkey_unknown']);
  });
});

describe('a form', () => {
  const prod = {
    config: 'environments: { prod: { protected: true } }',
    trusted: true,
    policy: '',
  };

  test.each([
    ['session', 'decisions'],
    ['login', 'decisions'],
    ['passkey', 'decisions'],
    ['passkey', 'statement'],
  ])('approves by %s (%s) in a protected environment only with its name', async (way, route) => {
    const about = await openCase(prod, { environment: 'prod' });
    for (const typed of ['', 'Prod', 'staging']) {
      const fields = { ...about.form, way, typed };
      const { json } = await call(about.robin, `${about.path}/${route}`, fields);
      expect.soft(json['code'], typed).toBe('environment_not_typed');
    }
    expect(await decisions(about.served)).toEqual([]);
  });

  test('rejects there without it', async () => {
    const about = await openCase(prod, { environment: 'prod' });
    const { form, path, robin } = about;
    const fields = { hash: form['hash'] ?? '', decision: 'reject', reason: 'not now' };
    expect(await robin.post(`${path}/decisions`, fields)).toMatchObject({ status: 303, to: path });
  });

  test('decides about what it showed, and about nothing else', async () => {
    const about = await openCase({ policy: '' });
    const { request } = await ask(about.served);
    const other = await formOf(about.served, request);
    for (const [fields, code] of [
      [{ hash: other['hash'] ?? '', way: 'session' }, 'other_request'],
      [{ way: 'session' }, 'body_invalid'],
      [{ ...about.form, way: 'phone' }, 'body_invalid'],
      [{ ...about.form, decision: 'maybe' }, 'body_invalid'],
      [{ hash: about.form['hash'] ?? '' }, 'body_invalid'],
    ] as const) {
      const { json } = await call(about.robin, `${about.path}/decisions`, fields);
      expect.soft(json['code']).toBe(code);
    }
  });

  test.each(['session', 'login', 'passkey'])(
    'names one request: its name cannot be typed for another by %s',
    async (way) => {
      const about = await openCase(prod, { environment: 'prod' });
      const open = await ask(about.served);
      const fields = { ...about.form, way };
      const route = way === 'passkey' ? 'statement' : 'decisions';
      const { json } = await call(about.robin, `/requests/${open.request}/${route}`, fields);
      expect(json['code']).toBe('other_request');
    },
  );

  test('takes back an approval that still waits for a second one', async () => {
    const policy = `rules:
  - { name: two, when: "true", require: { approvals: [{ id: peers, count: 2, from: ["*"] }] } }`;
    const about = await openCase({ policy });
    const { form, path, robin } = about;
    await robin.post(`${path}/decisions`, { ...form, way: 'session' });
    expect((await robin.get(path)).text).toContain('Take my approval back');
    const back = { hash: form['hash'] ?? '', decision: 'revoke' };
    expect(await robin.post(`${path}/decisions`, back)).toMatchObject({ status: 303, to: path });
    expect((await robin.get(path)).text).toContain('way" value="session"');
  });

  test('that wants a passkey and no script says so, and decides nothing', async () => {
    const about = await openCase();
    const { text } = await about.robin.post(`${about.path}/decisions`, about.form);
    expect(text).toContain('Nothing was done');
    expect(await decisions(about.served)).toEqual([]);
  });

  test('of whoever started the run does not approve it', async () => {
    const about = await openCase({ policy: '' });
    const own = await browse(about.served, 'ana');
    const fields = { ...about.form, way: 'session' };
    const { status } = await call(own, `${about.path}/decisions`, fields);
    expect(status).toBe(403);
    expect(await decisions(about.served)).toEqual([]);
  });
});
