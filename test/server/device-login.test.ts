import { describe, expect, test } from 'vitest';
import { openLoginDesk } from '../../src/engine/login/open-login-desk.ts';
import type { BegunDeviceLogin } from '../../src/engine/wire/login.ts';
import type { LoggedIn, Login } from '../../src/login/login.ts';
import { type DeviceLogins, openDeviceLogins } from '../../src/server/device-logins.ts';
import { logInForDevice } from '../support/plain-browser.ts';
import { openScene } from '../support/scene.ts';
import { ana, openServed, pick, startGated } from './served.ts';
import { type LoggingIn, openLoggingIn } from './web/logging-in.ts';

const label = 'runbook login on laptop';

async function begin(served: LoggingIn): Promise<BegunDeviceLogin> {
  const begun = await served.call('POST /v1/login/device', { body: { label } });
  expect(begun.status).toBe(200);
  return begun.json as BegunDeviceLogin;
}

describe('a login from a terminal', () => {
  test('is offered where an issuer takes it', async () => {
    const served = await openLoggingIn();
    expect((await served.call('GET /v1/login')).json).toEqual({
      device: [{ issuer: served.at.issuer, name: 'Example SSO' }],
    });
    expect((await (await openServed()).call('GET /v1/login')).json).toEqual({ device: [] });
  });

  test('brings a token of whoever logged in, once', async () => {
    const served = await openLoggingIn();
    const begun = await begin(served);
    expect(begun.user_code).toMatch(/^\w{4}-\w{4}$/);
    const done = await logInForDevice(begun.verification_uri_complete ?? '', 'robin');
    expect(done.text).toContain('You can close this window');
    const target = `POST /v1/login/device/${begun.id}`;
    const outcome = await served.call(target);
    expect(outcome.json).toMatchObject({
      status: 'issued',
      issued: { holder: { kind: 'person', id: 'robin' }, scopes: ['start', 'read'], label },
    });
    const token = String(pick(outcome.json, 'issued', 'secret'));
    expect(await served.call('GET /v1/me', { token })).toMatchObject({ json: { person: 'robin' } });
    expect(await served.call(target)).toMatchObject({
      status: 404,
      json: { code: 'device_login_over', exit_code: 4 },
    });
  });

  test('gives nobody a vote, however they were talked into it', async () => {
    const served = await openLoggingIn();
    const begun = await begin(served);
    await logInForDevice(begun.verification_uri_complete ?? '', 'robin');
    const outcome = await served.call(`POST /v1/login/device/${begun.id}`);
    const token = String(pick(outcome.json, 'issued', 'secret'));
    const { request, hash } = await startGated(served, await served.token(ana, ['start', 'read']));
    const path = `POST /v1/requests/${request}/decisions`;
    const body = { hash, decision: 'approve' };
    expect(await served.call(path, { token, body })).toMatchObject({
      status: 403,
      json: { code: 'scope_missing' },
    });
  });

  test('of somebody whom nobody knows says what an administrator types', async () => {
    const served = await openLoggingIn();
    const begun = await begin(served);
    await logInForDevice(begun.verification_uri_complete ?? '', 'mallory');
    expect(await served.call(`POST /v1/login/device/${begun.id}`)).toMatchObject({
      status: 401,
      json: {
        code: 'identity_unknown',
        hint: expect.stringContaining('runbook people add') as string,
      },
    });
    expect(await served.scene.service().tokens()).toEqual([]);
  });

  test('is refused under an id that nobody was told', async () => {
    const served = await openLoggingIn();
    await begin(served);
    expect(await served.call('POST /v1/login/device/0')).toMatchObject({ status: 404 });
  });

  test.each([
    { label: 'two\nlines' },
    { label: 'x'.repeat(101) },
    { label, issuer: 'https://evil.example.com' },
    {},
  ])('is not begun by %j', async (body) => {
    const served = await openLoggingIn();
    const { status } = await served.call('POST /v1/login/device', { body });
    expect([400, 404]).toContain(status);
  });
});

describe('while nobody has logged in', () => {
  test('the issuer is asked no more often than it wants to be', async () => {
    const { logins, at } = aWaitingRoom(['pending', 'slow_down', 'pending']);
    const { id, interval } = await logins.begin({ issuer: null, label });
    expect(interval).toBe(5);
    expect(await logins.poll(id)).toEqual({ status: 'pending', interval: 5 });
    expect(await logins.poll(id)).toEqual({ status: 'slow_down', interval: 5 });
    at.ms += 5000;
    expect(await logins.poll(id)).toEqual({ status: 'slow_down', interval: 10 });
    at.ms += 9999;
    expect(await logins.poll(id)).toEqual({ status: 'slow_down', interval: 10 });
    at.ms += 1;
    expect(await logins.poll(id)).toEqual({ status: 'pending', interval: 10 });
    expect(at.asked).toBe(3);
  });

  test('it waits no longer than the issuer does', async () => {
    const { logins, at } = aWaitingRoom([]);
    const { id } = await logins.begin({ issuer: null, label });
    at.ms += 600_000;
    await expect(logins.poll(id)).rejects.toMatchObject({ code: 'device_login_over' });
    expect(at.asked).toBe(0);
  });

  test('two who ask at once fetch one token', async () => {
    const { logins, at } = aWaitingRoom([]);
    const { id } = await logins.begin({ issuer: null, label });
    const [one, other] = await Promise.all([logins.poll(id), logins.poll(id)]);
    expect([one.status, other.status]).toEqual(['issued', 'slow_down']);
    expect(at.asked).toBe(1);
  });

  test('others who begin push out the oldest alone', async () => {
    const { logins } = aWaitingRoom([]);
    const oldest = await logins.begin({ issuer: null, label });
    const next = await logins.begin({ issuer: null, label });
    for (let count = 0; count < 999; count += 1) {
      await logins.begin({ issuer: null, label });
    }
    await expect(logins.poll(oldest.id)).rejects.toMatchObject({ code: 'device_login_over' });
    expect(await logins.poll(next.id)).toMatchObject({ status: 'issued' });
  });
});

/** Logins over an issuer that gives these answers, and then says that it was robin. */
function aWaitingRoom(answers: ('pending' | 'slow_down')[]): {
  readonly logins: DeviceLogins;
  readonly at: { ms: number; asked: number };
} {
  const issuer = 'https://login.example.com';
  const scene = openScene({ runbook: 'name: x\nsteps: []\n', account: 'runbook@server' });
  scene.trusted.people = scene.trusted.people.replace(
    'slack: [T0TEAM/U0ROBIN]',
    `slack: [T0TEAM/U0ROBIN], oidc: ["${issuer}#robin"]`,
  );
  const at = { ms: 0, asked: 0 };
  const who: LoggedIn = {
    issuer,
    client: 'runbook',
    subject: 'robin',
    token: '',
    key: { kty: 'OKP', kid: null, crv: 'Ed25519', x: '' },
  };
  const login: Login = {
    id: 'example-sso',
    name: 'Example SSO',
    issuer,
    client: 'runbook',
    device: true,
    begin: () => Promise.reject(new Error('not here')),
    finish: () => Promise.reject(new Error('not here')),
    beginDevice: async () => ({
      device_code: 'secret',
      user_code: 'ABCD-EFGH',
      verification_uri: `${issuer}/device`,
      verification_uri_complete: null,
      expires_in_s: 600,
      interval_s: 5,
    }),
    pollDevice: async () => {
      at.asked += 1;
      return answers.shift() ?? who;
    },
  };
  const desk = openLoginDesk(scene.engine());
  return { logins: openDeviceLogins({ logins: [login], desk, nowMs: () => at.ms }), at };
}
