import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { parseTeamsSettings } from '../../../src/channels/teams/settings.ts';
import { appId } from '../../support/teams-issuer.ts';
import { aPress } from './activities.ts';
import { openReceiver, type Receiver } from './receiver.ts';
import { tenant } from './service.ts';

async function expectUndecided(receiver: Receiver, codes: readonly string[]): Promise<void> {
  expect(receiver.events.map(({ code }) => code)).toEqual(codes);
  expect(await receiver.decisions()).toEqual([]);
  expect(await receiver.front.open()).not.toEqual([]);
}

function aClick({ request, service }: Receiver, more: object = {}): object {
  return aPress({ request: request.hash, serviceUrl: service.url, more });
}

const nowOf = ({ scene }: Receiver): number => scene.clock.now().wallMs;

interface Published {
  readonly kid: string;
  readonly endorsements?: readonly string[];
}

async function publishedBy({ issuer }: Receiver): Promise<readonly (Published & JsonWebKey)[]> {
  const answer = await fetch(issuer.metadataUrl.replace('metadata', 'keys'));
  const { keys } = (await answer.json()) as { keys: (Published & JsonWebKey)[] };
  return keys;
}

describe('a token is nobody’s word for us', () => {
  test.each([
    [
      'from the emulator’s issuer',
      'bearer_issuer',
      { iss: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/' },
    ],
    [
      'from the emulator’s newer issuer',
      'bearer_issuer',
      { iss: 'https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0' },
    ],
    ['from our own tenant', 'bearer_issuer', { iss: `https://sts.windows.net/${tenant}/` }],
    ['from an issuer with a slash more', 'bearer_issuer', { iss: 'https://api.botframework.com/' }],
    ['from two issuers', 'bearer_issuer', { iss: ['https://api.botframework.com'] }],
    ['for a list of apps, though we alone are on it', 'bearer_audience', { aud: [appId] }],
    ['for our app in other letters', 'bearer_audience', { aud: appId.toUpperCase() }],
    ['with an end that is no number', 'bearer_expired', { exp: '9999999999' }],
    [
      'with its service in another letter case alone',
      'bearer_claims',
      { serviceurl: undefined, serviceUrl: 'x' },
    ],
  ])('%s', async (_what, code, claims) => {
    const receiver = await openReceiver();
    const token = await receiver.issuer.sign(receiver.service.url, nowOf(receiver), { claims });
    expect((await receiver.post(aClick(receiver), token)).status).toBe(401);
    await expectUndecided(receiver, [code]);
  });

  test.each([undefined, []])('by a key with the endorsements %j', async (endorsements) => {
    const receiver = await openReceiver();
    const keys = await publishedBy(receiver);
    const bare = keys.map((key) => ({ ...key, endorsements }));
    const jwks_uri = receiver.issuer.metadataUrl;
    receiver.issuer.fault = { status: 200, body: { jwks_uri, keys: bare } };
    expect((await receiver.press()).status).toBe(401);
    await expectUndecided(receiver, ['bearer_not_endorsed']);
  });

  const encode = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url');

  test.each([
    ['HS256', 'bearer_algorithm'],
    ['hs256', 'bearer_algorithm'],
    ['None', 'bearer_algorithm'],
    ['', 'bearer_algorithm'],
    [['RS256'], 'bearer_algorithm'],
    // It claims what it must, and is signed with what everybody knows.
    ['RS256', 'bearer_signature'],
  ] as const)('of the algorithm %j with the public key as its secret', async (alg, code) => {
    const receiver = await openReceiver();
    const [key] = await publishedBy(receiver);
    const known = createPublicKey({ key: key ?? {}, format: 'jwk' });
    const secret = known.export({ type: 'spki', format: 'pem' });
    const seconds = Math.floor(nowOf(receiver) / 1000);
    const claims = {
      iss: 'https://api.botframework.com',
      aud: appId,
      nbf: seconds,
      exp: seconds + 600,
      serviceurl: receiver.service.url,
    };
    const signed = `${encode({ alg, kid: 'teams' })}.${encode(claims)}`;
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    expect((await receiver.post(aClick(receiver), `${signed}.${mac}`)).status).toBe(401);
    await expectUndecided(receiver, [code]);
  });

  test.each([
    ['a number', { kid: 7 }, 'bearer_key_unknown'],
    ['a list', { kid: ['teams'] }, 'bearer_key_unknown'],
    ['nothing', {}, 'bearer_key_unknown'],
    ['what every object has', { kid: '__proto__' }, 'bearer_key_unknown'],
    ['something that must be understood', { kid: 'teams', crit: ['x'], x: 1 }, 'bearer_unreadable'],
  ])('whose header names %s', async (_what, header, code) => {
    const receiver = await openReceiver();
    const [, claims, signature] = (
      await receiver.issuer.sign(receiver.service.url, nowOf(receiver))
    ).split('.');
    const token = `${encode({ alg: 'RS256', ...header })}.${claims}.${signature}`;
    expect((await receiver.post(aClick(receiver), token)).status).toBe(401);
    await expectUndecided(receiver, [code]);
  });

  test('that stands beside another', async () => {
    const receiver = await openReceiver();
    const good = await receiver.issuer.sign(receiver.service.url, nowOf(receiver));
    expect((await receiver.post(aClick(receiver), `x.y.z, Bearer ${good}`)).status).toBe(401);
    await expectUndecided(receiver, ['bearer_unreadable']);
  });
});

describe('a genuine call decides nothing', () => {
  test.each([
    [
      'whose conversation names no tenant',
      { conversation: { id: '19:ops@thread.tacv2' } },
      'wrong_tenant',
    ],
    ['whose channel data names none', { channelData: { team: { name: 'Ops' } } }, 'wrong_tenant'],
  ])('%s', async (_what, more, code) => {
    const receiver = await openReceiver();
    expect((await receiver.post(aClick(receiver, more))).status).toBe(403);
    await expectUndecided(receiver, [code]);
  });

  test('that names another request than its card is of', async () => {
    const receiver = await openReceiver();
    await receiver.scene.exec();
    const open = await receiver.front.open();
    const other = open.find((id) => id !== receiver.request.id);
    expect(other).toBeDefined();
    const { hash } = await receiver.front.look(other ?? receiver.request.id);
    expect(hash).not.toBe(receiver.request.hash);
    await receiver.press({ request: hash });
    await expectUndecided(receiver, ['card_unknown']);
  });

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('whatever it nests: half a megabyte of %s', async (_what, opening, closing) => {
    const receiver = await openReceiver();
    const depth = Math.floor((500 * 1024) / (opening.length + closing.length));
    const deep = `${opening.repeat(depth)}${opening === '[' ? '' : '1'}${closing.repeat(depth)}`;
    const placed = (at: object): string =>
      JSON.stringify(aClick(receiver, at)).replace('"DEEP"', deep);
    const action = { type: 'Action.Execute', verb: 'runbook.approve', data: { request: 'DEEP' } };
    expect((await receiver.post(placed({ value: { action } }))).status).toBe(200);
    expect((await receiver.post(placed({ channelData: { tenant: 'DEEP' } }))).status).toBe(400);
    expect((await receiver.post(deep)).status).toBe(400);
    await expectUndecided(receiver, ['request_unknown', 'ignored', 'ignored']);
  });
});

describe('nobody is taken for Microsoft', () => {
  const here = 'http://127.0.0.1:4003/x';
  const all = { service_url: here, token_url: here, metadata_url: here };
  const elsewhere = [
    'https://smba.trafficmanager.net/teams/',
    'https://127.0.0.1:4003/x',
    'http://localhost:4003/x',
    'http://[::1]:4003/x',
    'http://127.0.0.2:4003/x',
    'http://0.0.0.0:4003/x',
    'http://2130706433:4003/x',
    'http://127.0.0.1/x',
    'http://127.0.0.1:4003',
    'http://127.0.0.1:80@evil.example/',
    'http://evil.example:80/http://127.0.0.1:4003/x',
    'http://127.0.0.1:4003/x?to=evil.example',
    'http://127.0.0.1:4003/x\nhttp://evil.example/',
    'file:///etc/passwd',
  ];

  test.each(elsewhere.flatMap((address) => Object.keys(all).map((key) => [key, address] as const)))(
    'whose %s is %s',
    (key, address) => {
      const section = {
        app_id: appId,
        client_secret: { env: 'S' },
        tenants: [tenant],
        test: { ...all, [key]: address },
      };
      const read = () => parseTeamsSettings(parseYaml(JSON.stringify(section), 'config.yaml'));
      expect(read).toThrow(`\`${key}\` is for tests`);
    },
  );
});
