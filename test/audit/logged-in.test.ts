import { describe, expect, test } from 'vitest';
import type { LoginEvidence } from '../../src/approval/court/attested.ts';
import { encodeStatement, parseStatement } from '../../src/approval/statement/statement.ts';
import type { FindingCode } from '../../src/audit/finding.ts';
import { newNonce } from '../../src/base/ids.ts';
import type { Decided, Event } from '../../src/run/events.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { client, type IdSigner, idSigner, issuer, loginFor } from '../support/id-token.ts';
import { driving } from '../support/scene.ts';
import {
  type Court,
  decided,
  expectFinding,
  finished,
  openServedCourt,
  say,
  started,
  verify,
} from './court.ts';

interface LoginCourt extends Court {
  readonly signer: IdSigner;
}

/** A run that waits, where robin and kim have accounts with an issuer whose keys the journal names. */
async function openLoginCourt(): Promise<LoginCourt> {
  const court = await openServedCourt({ policy: 'floor: { assurance: A2 }' });
  const { scene } = court;
  for (const [person, account] of [
    ['robin', 'ROBIN'],
    ['kim', 'KIM'],
    ['ana', 'ANA'],
  ] as const) {
    scene.trusted.people = scene.trusted.people.replace(
      `slack: [T0TEAM/U0${account}]`,
      `oidc: ["${issuer}#${person}"]`,
    );
  }
  const signer = await idSigner('ES256');
  await nameKeys(court, [signer.key]);
  // The next look at the trusted files records them.
  await scene.service().drive(court.run, driving(scene));
  return { ...court, signer };
}

async function nameKeys({ scene }: Pick<Court, 'scene'>, keys: readonly unknown[]): Promise<void> {
  const event = { type: 'issuer.keys', data: { issuer, client, keys } } as unknown as Event;
  const { store } = scene.engine();
  const commandId = newNonce();
  await store.commit({ run: null, expectedVersion: null, commandId, events: [event] });
}

/** What somebody says they decided, composed as a page composes it. */
async function statementOf({ scene }: Court, person = 'robin'): Promise<string> {
  const { signer } = scene.people.robin;
  return (await forgeDecision(scene, signer, { person })).statement;
}

/** A decision that somebody logged in for, as an entry: robin's unless said otherwise. */
async function loggedIn(
  court: LoginCourt,
  changes: {
    readonly claims?: object;
    readonly signer?: IdSigner;
    readonly subject?: string;
    readonly statement?: string;
    readonly login?: Partial<LoginEvidence>;
    readonly entry?: Partial<Decided>;
  } = {},
): Promise<Event> {
  const { claims, subject = 'robin', signer = court.signer } = changes;
  const statement = changes.statement ?? (await statementOf(court));
  const login = await loginFor(signer, statement, subject, claims);
  return decided(
    court,
    { statement, signature: '' },
    {
      assurance: 'A2',
      channel: 'web',
      signature: null,
      login: { ...login, ...changes.login },
      ...changes.entry,
    },
  );
}

describe('the audit finds nothing wrong with', () => {
  test.each<[string, (court: LoginCourt) => Promise<void>]>([
    ['a decision by a fresh login', async (court) => say(court, await loggedIn(court))],
    [
      'one under a key that was named while the run waited',
      async (court) => {
        const signer = await idSigner('RS256', { kid: 'next' });
        await nameKeys(court, [signer.key]);
        await say(court, await loggedIn(court, { signer }));
      },
    ],
    [
      'keys that were named after it, and once more',
      async (court) => {
        await say(court, await loggedIn(court));
        await nameKeys(court, [(await idSigner('ES256')).key, court.signer.key]);
      },
    ],
  ])('%s', async (_, approve) => {
    const court = await openLoginCourt();
    await approve(court);
    await say(court, await started(court));
    await say(court, finished());
    const report = await verify(court.scene);
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    const { anchor } = report.verdicts.find(({ name }) => name === 'authorization') ?? {};
    expect(anchor).toContain('decisions logged in for anew, not signed: 1');
    expect(anchor).not.toContain('attested');
  });
});

/** Something about a login that cannot have happened by the rules. */
interface Lie {
  readonly code: FindingCode;
  readonly name: string;
  readonly tell: (court: LoginCourt) => Promise<void>;
}

const told =
  (
    changes: (
      court: LoginCourt,
    ) => Parameters<typeof loggedIn>[1] | Promise<Parameters<typeof loggedIn>[1]>,
  ) =>
  async (court: LoginCourt): Promise<void> =>
    say(court, await loggedIn(court, await changes(court)));

const lies: readonly Lie[] = [
  {
    code: 'E_LOGIN',
    name: 'a login for another statement',
    tell: told(async (court) => {
      const other = await loginFor(court.signer, await statementOf(court), 'robin');
      return { login: { token: other.token } };
    }),
  },
  {
    code: 'E_LOGIN',
    name: 'a login for another client',
    tell: told(() => ({ claims: { aud: 'grafana' } })),
  },
  {
    code: 'E_LOGIN',
    name: 'a login that an entry says was for another client',
    tell: told(() => ({ claims: { aud: 'grafana' }, login: { client: 'grafana' } })),
  },
  {
    code: 'E_LOGIN',
    name: 'a login with another issuer',
    tell: told(() => ({
      claims: { iss: 'https://evil.example.com' },
      login: { issuer: 'https://evil.example.com' },
    })),
  },
  {
    code: 'E_LOGIN',
    name: 'a login that another issuer made with a key of this one',
    tell: told(() => ({ claims: { iss: 'https://evil.example.com' } })),
  },
  {
    code: 'E_LOGIN',
    name: 'a login under a key that no entry names',
    tell: told(async () => ({ signer: await idSigner('ES256', { kid: 'unknown' }) })),
  },
  {
    code: 'E_LOGIN',
    name: 'a login under another key of the same name',
    tell: told(async () => ({ signer: await idSigner('ES256') })),
  },
  {
    code: 'E_LOGIN',
    name: 'a login under a key that is named only afterwards',
    tell: async (court) => {
      const signer = await idSigner('ES256', { kid: 'late' });
      await say(court, await loggedIn(court, { signer }));
      await nameKeys(court, [signer.key]);
    },
  },
  {
    code: 'E_LOGIN',
    name: 'a login from before anybody was shown anything',
    tell: told(() => ({ claims: { auth_time: Math.floor(Date.now() / 1000) - 3600 } })),
  },
  {
    code: 'E_LOGIN',
    name: 'a session that went on, and no login',
    tell: told(() => ({ claims: { auth_time: undefined } })),
  },
  {
    code: 'E_LOGIN',
    name: 'a login of which one character was changed',
    tell: told(async (court) => {
      const { token } = await loginFor(court.signer, await statementOf(court), 'robin');
      return { login: { token: `${token.slice(0, -2)}${token.endsWith('AA') ? 'BA' : 'AA'}` } };
    }),
  },
  {
    code: 'E_LOGIN',
    name: 'a login that nobody can read',
    tell: told(() => ({ login: { token: 'robin said yes' } })),
  },
  {
    code: 'E_LOGIN',
    name: 'a decision that was kept until it suited',
    tell: told(async (court) => {
      const text = parseStatement(await statementOf(court));
      const time = new Date(Date.parse(text.time) - 16 * 60_000).toISOString();
      return { statement: encodeStatement({ ...text, time }), claims: { exp: 4e9 } };
    }),
  },
  {
    code: 'E_LOGIN',
    name: 'keys of an issuer under which anybody could sign',
    tell: async (court) =>
      nameKeys(court, [
        { kty: 'RSA', kid: 'weak', n: Buffer.alloc(128, 255).toString('base64url'), e: 'AQAB' },
      ]),
  },
  {
    code: 'E_LOGIN',
    name: 'keys of an issuer that are none',
    tell: async (court) => nameKeys(court, [{ kty: 'oct', k: 'c2VjcmV0' }]),
  },
  {
    code: 'E_APPROVAL',
    name: 'a login of somebody else',
    tell: told(() => ({ subject: 'kim' })),
  },
  {
    code: 'E_APPROVAL',
    name: 'a login of nobody in `people.yaml`',
    tell: told(() => ({ subject: 'mallory' })),
  },
  {
    code: 'E_APPROVAL',
    name: 'a login entered as somebody else’s',
    tell: told(() => ({ entry: { person: 'kim' } })),
  },
  {
    code: 'E_ASSURANCE',
    name: 'a login entered as a signature',
    tell: told(() => ({ entry: { assurance: 'A3' } })),
  },
  {
    code: 'E_APPROVAL',
    name: 'a touch beside a login',
    tell: told(() => ({ entry: { presence: true } })),
  },
  {
    code: 'E_APPROVAL',
    name: 'a login beside a signature',
    tell: told(() => ({ entry: { signature: 'AAAA' } })),
  },
  {
    code: 'E_SELF_APPROVAL',
    name: 'a login of whoever started the run',
    tell: told(async (court) => ({ statement: await statementOf(court, 'ana'), subject: 'ana' })),
  },
  {
    code: 'E_APPROVAL_REPLAY',
    name: 'a login for a decision about another request',
    tell: told(async (court) => {
      const text = parseStatement(await statementOf(court));
      return { statement: encodeStatement({ ...text, request: 'f'.repeat(64) as never }) };
    }),
  },
];

test.each(lies)('the audit finds $name ($code)', async ({ code, tell }) => {
  const court = await openLoginCourt();
  await tell(court);
  await expectFinding(court.scene, code, 'authorization');
});

test('a step that starts on a login that does not hold ran unapproved', async () => {
  const court = await openLoginCourt();
  await say(court, await loggedIn(court, { claims: { nonce: 'another' } }));
  await say(court, await started(court));
  const { findings } = await verify(court.scene);
  expect(findings.map(({ code }) => code)).toEqual(['E_LOGIN', 'E_QUORUM']);
});
