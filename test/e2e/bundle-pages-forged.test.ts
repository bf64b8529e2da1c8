import { describe, expect } from 'vitest';
import {
  type Enrolment,
  encodePasskeyText,
  parseEnrolment,
  passkeyNamespace,
} from '../../src/approval/statement/enrolment.ts';
import { approvalNamespace, parseStatement } from '../../src/approval/statement/statement.ts';
import { check, python } from '../support/auditor.ts';
import { decisionsOf } from '../support/click.ts';
import { codesOf } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import { forged } from '../support/forge.ts';
import { claimsFor, client, idSigner, issuer } from '../support/id-token.ts';
import { aDevice, type Device } from '../support/passkeys.ts';
import { type DecidedOnPages, decidedOnPages, wholeLog } from './decided-on-pages.ts';

interface Theft {
  readonly what: string;
  /** What an entry says instead; null leaves it. */
  readonly change: (data: Record<string, unknown>, type: string) => object | null;
  readonly said: RegExp;
  readonly code: string;
}

type Sign = Parameters<Device['sign']>[2];

/** The passkey's own signature, made in a way in which it does not count. */
const resigned =
  (device: Device, how: Sign, type: string, namespace: string): Theft['change'] =>
  (data, of) =>
    of === type && typeof data['signature'] === 'string'
      ? { ...data, ...device.sign(namespace, String(data['statement']), how) }
      : null;

function passkeyThefts(device: Device): readonly Theft[] {
  const decision = (how: Sign) => resigned(device, how, 'approval.decided', approvalNamespace);
  const enrolment = (how: Sign) => resigned(device, how, 'passkey.enrolled', passkeyNamespace);
  const written = (words: string) => (text: string) => text.replace('"crossOrigin":false', words);
  const changed =
    (of: string) =>
    (changes: object): Theft['change'] =>
    (data, type) =>
      type === of ? { ...data, ...changes } : null;
  const enrolled = changed('passkey.enrolled');
  const invited = changed('passkey.invited');
  return [
    {
      what: 'a page of the same site that it was not enrolled on',
      change: decision({ origin: 'https://evil.runbook.example.com' }),
      said: /another page asked for it than the one/,
      code: 'E_APPROVAL',
    },
    {
      what: 'a passkey that did not ask who was there',
      change: decision({ flags: 0x01 }),
      said: /nobody was there whom the passkey knew/,
      code: 'E_APPROVAL',
    },
    ...['"crossOrigin":true', '"crossOrigin": true', '"topOrigin":"https://evil.net"'].map(
      (words) => ({
        what: `a page in a frame of another, told as ${words}`,
        change: decision({ clientData: written(words) }),
        said: /another page asked for it/,
        code: 'E_APPROVAL_SIG',
      }),
    ),
    {
      what: 'an enrolment made on another page',
      change: enrolment({ origin: 'https://evil.runbook.example.com' }),
      said: /it was enrolled on another page/,
      code: 'E_PASSKEY',
    },
    {
      what: 'an enrolment by nobody in particular',
      change: enrolment({ flags: 0x01 }),
      said: /it was enrolled on another page, or nobody was there/,
      code: 'E_PASSKEY',
    },
    {
      what: "an enrolment that another person's name was written over",
      change: enrolled({ person: 'kim' }),
      said: /it enrols something else than was signed/,
      code: 'E_PASSKEY',
    },
    {
      what: 'an enrolment that another device signed',
      change: resigned(aDevice(), {}, 'passkey.enrolled', passkeyNamespace),
      said: /another key signed the enrolment/,
      code: 'E_PASSKEY',
    },
    ...enrolmentsElsewhere(device),
    {
      what: 'an invitation that was for somebody else',
      change: invited({ person: 'kim' }),
      said: /no invitation of theirs was left/,
      code: 'E_PASSKEY',
    },
    {
      what: 'an invitation by whoever bears a token',
      change: invited({ by: 'token:b1b1b1b1b1b1b1b1' }),
      said: /only the journal's own account invites/,
      code: 'E_PASSKEY',
    },
    {
      what: 'an invitation that lies about for years',
      change: invited({ expires_at: '2099-01-01T00:00:00.000Z' }),
      said: /the invitation holds longer than any may/,
      code: 'E_PASSKEY',
    },
  ];
}

/** The passkey itself signs that it saw another log, or this one before it was invited. */
function enrolmentsElsewhere(device: Device): readonly Theft[] {
  const seeing: Readonly<Record<string, Partial<Enrolment['log']>>> = {
    'another root of the log': { root: Buffer.alloc(32, 1).toString('base64') },
    'the log of somebody else': { origin: 'example.com/other' },
    'entries that were not there yet': { size: 1000 },
    'nothing of its invitation': { size: 1 },
  };
  return Object.entries(seeing).map(([what, changes]) => ({
    what: `an enrolment that saw ${what}`,
    change: (data, type) => {
      if (type !== 'passkey.enrolled') {
        return null;
      }
      const text = parseEnrolment(String(data['statement']));
      const other = encodePasskeyText({ ...text, log: { ...text.log, ...changes } });
      return { ...data, ...device.sign(passkeyNamespace, other) };
    },
    said: /entry \d+: .*(its signer saw another log|it was made before the invitation)/,
    code: 'E_PASSKEY',
  }));
}

/** Tokens that the issuer made, or somebody else did, for anything but this decision of robin's. */
async function loginThefts({ scene, runs }: DecidedOnPages): Promise<readonly Theft[]> {
  const [decided] = await decisionsOf(scene, runs[1]);
  const statement = decided?.statement ?? '';
  const { signer } = scene;
  const thief = await idSigner('ES256');
  const { time } = parseStatement(statement);
  const early = Math.floor(Date.parse(time) / 1000) - 3600;
  const claims = (more: object, subject = 'robin') => claimsFor(statement, subject, more);
  const twice = (name: string, value: string) =>
    JSON.stringify(claims({})).replace(`"${name}"`, `"${name}":"${value}","${name}"`);
  const wrong: readonly (readonly [string, Promise<string>, RegExp])[] = [
    ['another statement', signer.sign(claims({ nonce: 'ab'.repeat(32) })), /another statement/],
    ['another client', signer.sign(claims({ aud: 'wiki' })), /another client/],
    ['several clients', signer.sign(claims({ aud: [client, 'wiki'] })), /another client/],
    [
      'another issuer',
      signer.sign(claims({ iss: 'https://evil.example' })),
      /no key of the issuer/,
    ],
    ['another key', thief.sign(claims({})), /no key of the issuer/],
    ['an older login', signer.sign(claims({ auth_time: early })), /earlier or later/],
    ["somebody else's account", signer.sign(claims({}, 'kim')), /somebody else logged in/],
    ["nobody's account", signer.sign(claims({}, 'eve')), /is nobody's by people\.yaml/],
    ['no signature', unsigned(claims({})), /no key of the issuer/],
    ['calls of an API', signer.sign(claims({}), { typ: 'at+jwt' }), /it is no ID token/],
    ['logging out', signer.sign(claims({}), { typ: 'logout+jwt' }), /it is no ID token/],
    [
      'what nobody here knows',
      signer.sign(claims({}), { crit: ['b64'], b64: true }),
      /no ID token/,
    ],
    ['two statements', signer.sign(twice('nonce', 'ab'.repeat(32))), /it names a key twice/],
    ['two accounts', signer.sign(twice('sub', 'kim')), /it names a key twice/],
    ['a time that ended before it began', signer.sign(claims({ exp: early })), /over at once/],
  ];
  return Promise.all(
    wrong.map(async ([what, token, said]): Promise<Theft> => {
      const login = { issuer, client, token: await token };
      const change: Theft['change'] = (data, type) =>
        type === 'approval.decided' && data['login'] !== undefined ? { ...data, login } : null;
      const code = what.endsWith('account') ? 'E_APPROVAL' : 'E_LOGIN';
      return { what: `a token for ${what}`, change, said, code };
    }),
  );
}

async function unsigned(claims: object): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

describe('a thief of the journal key who tells of pages', () => {
  testWith([python], 'shows what no passkey signed and no issuer said', async () => {
    const story = await decidedOnPages();
    const bundle = await wholeLog(story.scene);
    expect(check(forged(bundle, story.scene, () => null))).toMatchObject({ exitCode: 0 });
    for (const theft of [...passkeyThefts(story.device), ...(await loginThefts(story))]) {
      const attacked = forged(bundle, story.scene, theft.change);
      const { exitCode, said } = check(attacked);
      expect(exitCode, theft.what).toBe(1);
      expect(said, theft.what).toMatch(theft.said);
      expect(await codesOf(attacked), theft.what).toContain(theft.code);
    }
  });
});
