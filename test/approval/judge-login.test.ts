import { beforeAll, describe, expect, test } from 'vitest';
import type { Evidence, LoginEvidence } from '../../src/approval/court/attested.ts';
import { evidenceIdentities } from '../../src/approval/court/evidence-identity.ts';
import { type DecisionCase, judgeDecision } from '../../src/approval/court/judge-decision.ts';
import { judgeLogin, loginEndsMs } from '../../src/approval/court/judge-login.ts';
import { addIssuerKeys, unnamedKeys } from '../../src/approval/people/issuers.ts';
import type { Issuer } from '../../src/approval/people/passkeys.ts';
import type { Initiator, People } from '../../src/approval/people/people.ts';
import { encodeStatement, type Statement } from '../../src/approval/statement/statement.ts';
import { formatTime } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import {
  claimsFor,
  client,
  type IdSigner,
  idSigner,
  issuer,
  loginFor,
} from '../support/id-token.ts';
import { aPerson, byAna } from './builders.ts';
import { aRequest } from './request-builders.ts';

const origin = 'runbook.example/4f2a';
const content = aRequest();
const root = Buffer.from(sha256('root'), 'hex').toString('base64');

/** The request is entry 10; 12 entries were seen; the decision would become entry 15. */
const said: Statement = {
  v: 1,
  decision: 'approve',
  request: sha256('request leaf'),
  commands: content.commands.map(({ digest }) => digest),
  environment: content.target.environment,
  policy_digest: sha256('policy'),
  slots: ['floor'],
  reason: null,
  person: 'bob',
  time: '2026-03-04T05:06:07.000Z',
  nonce: '0123456789abcdef0123456789abcdef',
  log: { origin, size: 12, root },
};
const statement = encodeStatement(said);
const at = (seconds: number): string => formatTime(Date.parse(said.time) + seconds * 1000);
const unix = (seconds: number): number => Date.parse(said.time) / 1000 + seconds;

let ours: IdSigner;
let other: IdSigner;
beforeAll(async () => {
  ours = await idSigner('ES256');
  other = await idSigner('ES256', { kid: 'second' });
});

function people(issuers: readonly Issuer[] = [{ issuer, client, keys: [ours.key] }]): People {
  return {
    people: [
      aPerson('ana', { osUsers: ['ana@web1'], oidc: [`${issuer}#ana-1`] }),
      aPerson('bob', { oidc: [`${issuer}#bob-1`, `https://other.example.com#bob-9`] }),
      aPerson('carol', { oidc: [`${issuer}#carol-1`] }),
    ],
    issuers,
  };
}

/** What is judged of a login of bob's, six seconds after the statement was composed. */
interface Told {
  readonly claims?: object;
  readonly subject?: string;
  readonly statement?: string;
  readonly login?: Partial<LoginEvidence>;
  readonly people?: People;
  readonly time?: string;
  readonly signer?: IdSigner;
}

async function judge(told: Told = {}): Promise<string> {
  const text = told.statement ?? statement;
  const login = await loginFor(
    told.signer ?? ours,
    statement,
    told.subject ?? 'bob-1',
    told.claims,
  );
  const judged = judgeLogin(told.people ?? people(), {
    login: { ...login, ...told.login },
    statement: text,
    time: told.time ?? at(6),
  });
  return judged.kind === 'refused' ? judged.code : `${judged.person.name} as ${judged.identity}`;
}

const bobs = `bob as oidc:${issuer}#bob-1`;

describe('whoever logged in for a statement is', () => {
  test.each<[string, () => Told]>([
    ['the one whose account it is', () => ({})],
    [
      'the same where several are in the audience and it was made for us',
      () => ({ claims: { aud: ['x', client], azp: client } }),
    ],
    ['the same where the audience is a list of one', () => ({ claims: { aud: [client] } })],
    [
      'the same where the clock of the issuer is a minute behind',
      () => ({ claims: { iat: unix(-60), auth_time: unix(-60) } }),
    ],
    [
      'the same where the clock of the issuer is a minute ahead',
      () => ({ claims: { iat: unix(66), auth_time: unix(66) } }),
    ],
    [
      'the same where it took nearly a quarter of an hour',
      () => ({ claims: { iat: unix(600), auth_time: unix(590), exp: unix(1000) }, time: at(899) }),
    ],
    [
      'the same where the issuer has signed with another of its keys',
      () => ({ signer: other, people: people([{ issuer, client, keys: [ours.key, other.key] }]) }),
    ],
  ])('%s', async (_what, told) => {
    expect(await judge(told())).toBe(bobs);
  });
});

describe('a login counts for nothing', () => {
  test.each<[string, string, () => Told]>([
    [
      'of an issuer that the journal does not know',
      'login_issuer_unknown',
      () => ({ people: people([]) }),
    ],
    [
      'where nobody has asked the journal',
      'login_issuer_unknown',
      () => ({ people: { people: people().people } }),
    ],
    [
      'of another issuer’s keys',
      'login_issuer_unknown',
      () => ({ login: { issuer: 'https://other.example.com' } }),
    ],
    ['for another client of ours', 'login_issuer_unknown', () => ({ login: { client: 'other' } })],
    ['under a key that the journal does not name', 'login_key_unknown', () => ({ signer: other })],
    [
      'under a key of its name that is another',
      'login_forged',
      () => ({ people: people([{ issuer, client, keys: [{ ...other.key, kid: 'first' }] }]) }),
    ],
    [
      'that the issuer gave under another name',
      'login_other_issuer',
      () => ({ claims: { iss: `${issuer}/` } }),
    ],
    ['for another client', 'login_other_client', () => ({ claims: { aud: 'other' } })],
    [
      'for several, without saying for whom',
      'login_other_client',
      () => ({ claims: { aud: [client, 'other'] } }),
    ],
    [
      'for several, made for another',
      'login_other_client',
      () => ({ claims: { aud: [client, 'other'], azp: 'other' } }),
    ],
    ['for us, made for another', 'login_other_client', () => ({ claims: { azp: 'other' } })],
    ['for no statement', 'login_other_statement', () => ({ claims: { nonce: undefined } })],
    [
      'for another statement',
      'login_other_statement',
      () => ({ statement: encodeStatement({ ...said, decision: 'revoke' }) }),
    ],
    [
      'for the digest in other letters',
      'login_other_statement',
      () => ({ claims: { nonce: sha256(statement).toUpperCase() } }),
    ],
    [
      'of which nobody knows when it was',
      'login_undated',
      () => ({ claims: { auth_time: undefined } }),
    ],
    ['from before the statement', 'login_stale', () => ({ claims: { auth_time: unix(-61) } })],
    [
      'of which the token is older than the statement',
      'login_stale',
      () => ({ claims: { iat: unix(-61) } }),
    ],
    [
      'that has not come yet',
      'login_ahead',
      () => ({ claims: { auth_time: unix(67), iat: unix(67) } }),
    ],
    [
      'that took too long',
      'login_expired',
      () => ({ claims: { iat: unix(661), auth_time: unix(661), exp: unix(2000) }, time: at(662) }),
    ],
    [
      'that is recorded too late',
      'login_expired',
      () => ({ claims: { exp: unix(7200) }, time: at(900) }),
    ],
    [
      'of which the token was over',
      'login_expired',
      () => ({ claims: { exp: unix(100) }, time: at(160) }),
    ],
    [
      'of which the token was over before it was made',
      'login_expired',
      () => ({ claims: { exp: unix(5) } }),
    ],
    ['recorded at no time', 'login_ahead', () => ({ time: 'now' })],
    ['of an account that is nobody’s', 'identity_unknown', () => ({ subject: 'eve-1' })],
    [
      'of an account that is somebody’s elsewhere',
      'identity_unknown',
      () => ({ subject: 'bob-9' }),
    ],
    [
      'of an account of two people',
      'identity_shared',
      () => ({
        people: {
          ...people(),
          people: [...people().people, aPerson('dan', { oidc: [`${issuer}#bob-1`] })],
        },
      }),
    ],
    [
      'of somebody whom the statement does not name',
      'other_person',
      () => ({ subject: 'carol-1' }),
    ],
    ['for what is no statement', 'statement_unreadable', () => ({ statement: '{"person":"bob"}' })],
    [
      'that brings more than it says',
      'login_unreadable',
      () => ({ login: { more: 'x' } as Partial<LoginEvidence> }),
    ],
    ['without a token', 'login_unreadable', () => ({ login: { token: '' } })],
    ['of 16,385 characters', 'login_unreadable', () => ({ login: { token: 'x'.repeat(16_385) } })],
  ])('%s', async (_what, code, told) => {
    expect(await judge(told())).toBe(code);
  });
});

test('it is recorded while both token and statement are young', async () => {
  const login = await loginFor(ours, statement, 'bob-1', { exp: unix(300) });
  expect(formatTime(loginEndsMs({ statement, login }))).toBe(at(360));
  const long = await loginFor(ours, statement, 'bob-1', { exp: unix(7200) });
  expect(formatTime(loginEndsMs({ statement, login: long }))).toBe(at(900));
});

function aCase(evidence: Partial<Evidence>, more: Partial<DecisionCase> = {}): DecisionCase {
  return {
    evidence: { statement, signature: null, ...evidence },
    request: { content, leafHash: sha256('request leaf'), index: 10 },
    people: people(),
    initiator: byAna,
    served: true,
    time: at(6),
    decisionIndexUpperBound: 15,
    rootAt: () => root,
    origin,
    policyDigest: sha256('policy'),
    ...more,
  };
}

function verdict(of: DecisionCase): string {
  const judged = judgeDecision(of);
  return judged.kind === 'refused' ? judged.code : `${judged.person} ${judged.assurance}`;
}

describe('a decision by login', () => {
  test('is A2, and proves no touch', async () => {
    const login = await loginFor(ours, statement, 'bob-1');
    expect(judgeDecision(aCase({ login }))).toMatchObject({
      kind: 'accepted',
      id: sha256(statement),
      decision: 'approve',
      person: 'bob',
      assurance: 'A2',
      presence: false,
      verified: false,
    });
  });

  test('is as good whoever received it, and whoever drives the run', async () => {
    const login = await loginFor(ours, statement, 'bob-1');
    expect(verdict(aCase({ login, channel: 'web' }, { served: false }))).toBe('bob A2');
  });

  test('is the account’s that logged in, under whatever name', async () => {
    const login = await loginFor(ours, statement, 'bob-1');
    const of = { statement, signature: null, login };
    expect(evidenceIdentities(of)).toEqual([`oidc:${issuer}#bob-1`]);
    const broken = { ...of, login: { ...login, token: 'a.b.c' } };
    expect(evidenceIdentities(broken)).toEqual([]);
  });

  test('brings nothing beside the login', async () => {
    const login = await loginFor(ours, statement, 'bob-1');
    const attested = {
      receiver: 'os:runbook@web1',
      identity: 'token:0123456789abcdef',
      matched_by: null,
      event: 'e',
      raw: sha256('raw') as never,
    };
    expect(verdict(aCase({ login, attested }))).toBe('evidence_unclear');
    expect(verdict(aCase({ login, signature: 'AAAA' }))).toBe('evidence_unclear');
    expect(verdict(aCase({}))).toBe('evidence_unclear');
  });

  test('is refused to whoever stands behind the run', async () => {
    const text = encodeStatement({ ...said, person: 'ana' });
    const login = await loginFor(ours, text, 'ana-1');
    expect(verdict(aCase({ login, statement: text }))).toBe('self_approval');
  });

  test.each<[string, Initiator['chain'][number]]>([
    [
      'who logged in to start it',
      { role: 'caller', identity: `oidc:${issuer}#bob-1`, person: null },
    ],
    ['who resumed it', { role: 'resumer', identity: 'token:fedcba9876543210', person: 'bob' }],
  ])('is refused to the one %s', async (_what, link) => {
    const login = await loginFor(ours, statement, 'bob-1');
    const initiator: Initiator = { kind: 'person', chain: [...byAna.chain, link] };
    expect(verdict(aCase({ login }, { initiator }))).toBe('self_approval');
  });

  test.each<[string, Partial<Statement>, string]>([
    ['another request', { request: sha256('other') }, 'other_request'],
    ['other commands', { commands: [sha256('other')] }, 'other_commands'],
    ['another environment', { environment: 'other' }, 'other_environment'],
    ['another policy', { policy_digest: sha256('other') }, 'other_policy'],
    ['another log', { log: { ...said.log, origin: 'other' } }, 'other_log'],
    ['a log that was not there yet', { log: { ...said.log, size: 16 } }, 'E_ROLLBACK'],
    ['slots that nobody asks for', { slots: ['root'] }, 'other_slots'],
  ])('is refused for %s', async (_what, change, code) => {
    const text = encodeStatement({ ...said, ...change });
    const login = await loginFor(ours, text, 'bob-1');
    expect(verdict(aCase({ login, statement: text }))).toBe(code);
  });

  test('is refused for a statement of more keys than one has', async () => {
    const text = statement.replace('"v":1', '"v":1,"w":1');
    const token = await ours.sign(claimsFor(statement, 'bob-1', { nonce: sha256(text) }));
    expect(verdict(aCase({ login: { issuer, client, token }, statement: text }))).toBe(
      'statement_unreadable',
    );
  });
});

describe('the keys of an issuer', () => {
  test('are kept once they were named, each once and apart for each client', () => {
    const first = addIssuerKeys([], { issuer, client, keys: [ours.key, ours.key] });
    expect(first).toEqual([{ issuer, client, keys: [ours.key] }]);
    const second = addIssuerKeys(first, { issuer, client, keys: [other.key, ours.key] });
    expect(second).toEqual([{ issuer, client, keys: [ours.key, other.key] }]);
    const apart = addIssuerKeys(second, { issuer, client: 'other', keys: [ours.key] });
    expect(apart).toHaveLength(2);
    expect(unnamedKeys(apart, { issuer, client: 'other', keys: [ours.key, other.key] })).toEqual([
      other.key,
    ]);
  });
});
