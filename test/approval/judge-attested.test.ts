import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attested } from '../../src/approval/court/attested.ts';
import { attestedAssurance } from '../../src/approval/court/judge-attested.ts';
import { type DecisionCase, judgeDecision } from '../../src/approval/court/judge-decision.ts';
import { identitiesOf, personOf } from '../../src/approval/people/identity.ts';
import type { ChainLink, Initiator, People, Person } from '../../src/approval/people/people.ts';
import { encodeStatement, type Statement } from '../../src/approval/statement/statement.ts';
import { conflictOf } from '../../src/approval/tally/eligible.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { BlobId } from '../../src/base/ids.ts';
import { aPerson, byAna } from './builders.ts';
import { aRequest } from './request-builders.ts';

const origin = 'runbook.example/4f2a';
const root = sha256('root');
const content = aRequest();

/** Ana started the run. Bob has an account in a chat, carol only an address, dan may hold a token. */
const people: People = {
  people: [
    aPerson('ana', { osUsers: ['ana@web1'], slack: ['T1/UANA', 'T1/UANA2'] }),
    aPerson('bob', { osUsers: ['bob@web1'], slack: ['T1/UBOB'], agents: ['deploy-bot'] }),
    aPerson('carol', { emails: ['carol@example.com'] }),
    aPerson('dan'),
  ],
};

const byToken = chainOf(link('token:fedcba9876543210', 'ana'));

/** The request is entry 10; its receiver saw 12 entries; the decision would become entry 15. */
const statement: Statement = {
  v: 1,
  decision: 'approve',
  request: sha256('request leaf'),
  commands: content.commands.map(({ digest }) => digest),
  environment: content.target.environment,
  policy_digest: sha256('policy'),
  slots: ['floor'],
  reason: null,
  person: 'bob',
  time: '2026-03-04T05:06:07.008Z',
  nonce: '0123456789abcdef0123456789abcdef',
  log: { origin, size: 12, root: Buffer.from(root, 'hex').toString('base64') },
};

const attested: Attested = {
  receiver: 'os:runbook@web1',
  identity: 'slack:T1/UBOB',
  matched_by: null,
  event: 'Ev0123',
  raw: sha256('raw') as string as BlobId,
};

function aCase(
  changes: {
    readonly text?: Partial<Statement>;
    readonly attested?: Partial<Attested> & { readonly more?: string };
  } & Partial<DecisionCase>,
): DecisionCase {
  const { text, attested: word, ...more } = changes;
  return {
    evidence: {
      statement: encodeStatement({ ...statement, ...text }),
      signature: null,
      attested: { ...attested, ...word },
    },
    request: { content, leafHash: sha256('request leaf'), index: 10 },
    people,
    initiator: byToken,
    served: true,
    time: statement.time,
    decisionIndexUpperBound: 15,
    rootAt: () => statement.log.root,
    origin,
    policyDigest: sha256('policy'),
    ...more,
  };
}

function verdict(changes: Parameters<typeof aCase>[0]): string {
  const judged = judgeDecision(aCase(changes));
  return judged.kind === 'refused' ? judged.code : judged.kind;
}

test('a click counts for the person whose account it is, and proves no touch', () => {
  expect(judgeDecision(aCase({}))).toMatchObject({
    kind: 'accepted',
    person: 'bob',
    decision: 'approve',
    assurance: 'A1',
    presence: false,
    verified: false,
    logSize: 12,
  });
});

describe('whom something came from', () => {
  test('is whoever has the address, where the account is nobody’s and an address matched', () => {
    const click = { identity: 'slack:T1/UCAROL', matched_by: 'email:carol@example.com' };
    expect(verdict({ text: { person: 'carol' }, attested: click })).toBe('accepted');
    expect(verdict({ text: { person: 'carol' }, attested: { ...click, matched_by: null } })).toBe(
      'identity_unknown',
    );
  });

  test('is never whoever has the address of somebody else’s account', () => {
    const click = { identity: 'slack:T1/UANA', matched_by: 'email:carol@example.com' };
    expect(verdict({ text: { person: 'carol' }, attested: click })).toBe('other_person');
  });

  test('is whom the statement names, where it came with a token', () => {
    const call = { identity: 'token:0123456789abcdef' };
    expect(verdict({ text: { person: 'dan' }, attested: call })).toBe('accepted');
    expect(verdict({ text: { person: 'eve' }, attested: call })).toBe('identity_unknown');
  });

  test('is nobody where two people have the account', () => {
    const twice = { people: [...people.people, aPerson('eve', { slack: ['T1/UBOB'] })] };
    expect(verdict({ people: twice })).toBe('identity_shared');
  });

  test.each([
    'os:bob@web1',
    'agent:deploy-bot',
    'person:bob',
    'email:carol@example.com',
    'ci:github/bob',
    'ssh:ssh-ed25519 AAAA',
    'oidc:https://login.example.com#1',
  ])('is never %s', (identity) => {
    expect(verdict({ attested: { identity } })).toBe('identity_unfit');
  });

  test('is nobody in another workspace', () => {
    expect(verdict({ attested: { identity: 'slack:T2/UBOB' } })).toBe('identity_unknown');
  });
});

describe('the page hears', () => {
  const onPage = (identity: string) => {
    const given = aCase({ attested: { identity } });
    const judged = judgeDecision({ ...given, evidence: { ...given.evidence, channel: 'web' } });
    return judged.kind === 'refused' ? judged.code : judged.assurance;
  };

  test('the bearer of a session', () => {
    expect(onPage('token:0123456789abcdef')).toBe('A1');
  });

  test.each(['slack:T1/UBOB', 'os:bob@web1', 'email:carol@example.com'])('not %s', (identity) => {
    expect(onPage(identity)).toBe('identity_unfit');
  });
});

describe('what an account of the host leaves in the spool', () => {
  const left = (identity: string, more: Partial<DecisionCase> = {}) => {
    const given = aCase({ attested: { identity }, ...more });
    return judgeDecision({ ...given, evidence: { ...given.evidence, channel: 'spool' } });
  };

  test('is its person’s, and A0 whoever received it', () => {
    expect(left('os:bob@web1')).toMatchObject({
      kind: 'accepted',
      person: 'bob',
      assurance: 'A0',
      presence: false,
    });
  });

  test.each([
    ['of nobody', 'os:eve@web1', 'identity_unknown'],
    ['of the same name on another host', 'os:bob@web2', 'identity_unknown'],
    ['of somebody else', 'os:ana@web1', 'other_person'],
  ])('counts for nobody where the account is %s', (_what, identity, code) => {
    expect(left(identity)).toMatchObject({ kind: 'refused', code });
  });

  test.each([
    ['root', 'os:root@web1'],
    ['the receiver', 'os:runbook@web1'],
  ])('counts for nobody where the account is that of %s, whoever may own it', (_what, identity) => {
    const owner = aPerson('bob', { osUsers: [identity.slice('os:'.length)] });
    const among = { people: [...people.people.filter(({ name }) => name !== 'bob'), owner] };
    expect(left(identity, { people: among })).toMatchObject({ code: 'account_unfit' });
  });

  test('counts for nobody where the account is an agent’s, although a person answers for it', () => {
    const owner = aPerson('bob', { agents: ['helper'], agentUsers: { helper: ['helper@web1'] } });
    expect(left('os:helper@web1', { people: { people: [owner] } })).toMatchObject({
      code: 'identity_unknown',
    });
  });

  test('does not count in a run that the account stands behind', () => {
    expect(left('os:bob@web1', { initiator: chainOf(link('os:bob@web1', null)) })).toMatchObject({
      code: 'self_approval',
    });
  });
});

describe('an attested decision does not count', () => {
  test.each<[string, Partial<Statement>, string]>([
    ['in the name of another', { person: 'carol' }, 'other_person'],
    ['for another request', { request: sha256('x') }, 'other_request'],
    ['for other commands', { commands: [sha256('x')] }, 'other_commands'],
    ['for another environment', { environment: 'staging' }, 'other_environment'],
    ['under another policy', { policy_digest: sha256('x') }, 'other_policy'],
    ['for a slot that nobody asked for', { slots: ['owner'] }, 'other_slots'],
    ['for no slot', { slots: [] }, 'no_slot'],
    ['as a no without a reason', { decision: 'reject' }, 'reason_missing'],
    ['about another log', { log: { ...statement.log, origin: 'x' } }, 'other_log'],
    ['from before the request', { log: { ...statement.log, size: 10 } }, 'log_too_old'],
    ['from the future', { log: { ...statement.log, size: 16 } }, 'E_ROLLBACK'],
    ['about another history', { log: { ...statement.log, root: root64('x') } }, 'E_FORK'],
  ])('%s', (_, text, code) => {
    expect(verdict({ text })).toBe(code);
  });

  test('by somebody of the chain, under whichever of their accounts', () => {
    for (const identity of ['slack:T1/UANA', 'slack:T1/UANA2', 'token:0123456789abcdef']) {
      expect(verdict({ text: { person: 'ana' }, attested: { identity } })).toBe('self_approval');
    }
  });

  test.each<[string, Partial<Attested> & { readonly more?: string }]>([
    ['without a receiver', { receiver: '' }],
    ['with a receiver that is no account', { receiver: 'slack' }],
    ['with a sender of no kind', { identity: 'bob' }],
    ['matched by something else than an address', { matched_by: 'slack:T1/UBOB' }],
    ['without an event', { event: '' }],
    ['with an event of any length', { event: 'x'.repeat(201) }],
    ['with raw bytes that are no blob', { raw: 'x' as BlobId }],
    ['with another key', { more: 'x' }],
  ])('%s', (_, changes) => {
    expect(verdict({ attested: changes })).toBe('attested_unreadable');
  });

  test('with a signature beside it, or with neither', () => {
    const { evidence } = aCase({});
    expect(verdict({ evidence: { ...evidence, signature: 'AAAA' } })).toBe('evidence_unclear');
    expect(verdict({ evidence: { ...evidence, attested: undefined } })).toBe('evidence_unclear');
  });

  test('while somebody stands in the chain whom nobody knows any more', () => {
    const initiator = chainOf(link('token:0123456789abcdef', 'zoe'));
    expect(verdict({ initiator })).toBe('initiator_departed');
  });
});

describe('how much a receiver’s word weighs', () => {
  const weigh = (receiver: string, initiator: Initiator, among = people, served = true) =>
    attestedAssurance(receiver, { people: among, initiator, served });

  test('A1 where the run came through the API and nobody behind it owns the receiver', () => {
    expect(weigh('os:runbook@web1', byToken)).toBe('A1');
    expect(weigh('os:bob@web1', byToken)).toBe('A1');
  });

  test('A0 where the run was not started through the API', () => {
    expect(weigh('os:runbook@web1', byToken, people, false)).toBe('A0');
    expect(weigh('os:runbook@web1', byAna, people, false)).toBe('A0');
  });

  test.each(['caller', 'sudo', 'resumer'] as const)(
    'A0 where an account of any host stands in the chain as %s, whatever it is called',
    (role) => {
      for (const identity of ['os:runbook@web1', 'os:ana@renamed', 'os:root@web2']) {
        const account = { role, identity, person: null };
        expect(weigh('os:runbook@web1', chainOf(...byToken.chain, account))).toBe('A0');
      }
    },
  );

  test('A0 where somebody of the chain owns the receiver’s account under another name', () => {
    const owned = { people: [aPerson('ana', { osUsers: ['ana@web1', 'runbook@web1'] })] };
    expect(weigh('os:runbook@web1', byToken, owned)).toBe('A0');
  });
});

/* Properties, over a small world in which everything meets everything. */

const names = ['ana', 'bob', 'carol'] as const;
const accounts = ['os:ana@h', 'os:bob@h', 'os:run@h', 'slack:T/A', 'slack:T/B', 'email:c@d'];
const tokens = ['token:1', 'token:2'];

/** Each identity is one person's, or nobody's. */
const world = fc
  .record({
    enrolled: fc.uniqueArray(fc.constantFrom(...names)),
    owners: fc.tuple(...accounts.map(() => fc.option(fc.constantFrom(...names)))),
  })
  .map(
    ({ enrolled, owners }): People => ({
      people: enrolled.map((name) =>
        personWith(
          name,
          accounts.filter((_, at) => owners[at] === name),
        ),
      ),
    }),
  );

const word = fc.record({
  receiver: fc.constantFrom('os:ana@h', 'os:run@h'),
  identity: fc.constantFrom('slack:T/A', 'slack:T/B', ...tokens),
  matched_by: fc.option(fc.constant('email:c@d')),
});

/** Links as they are recorded: with the person whom the identity belonged to then. */
function chainIn(among: People, identities: readonly string[], holder: string): Initiator {
  return chainOf(
    ...identities.map((identity) =>
      link(
        identity,
        identity.startsWith('token:') ? holder : (personOf(among, identity)?.name ?? null),
      ),
    ),
  );
}

const links = fc.array(fc.constantFrom(...accounts, ...tokens), { maxLength: 4 });
const someName = fc.constantFrom(...names);

function isAccepted(among: People, initiator: Initiator, by: Partial<Attested>, person: string) {
  return verdict({ people: among, initiator, attested: by, text: { person } }) === 'accepted';
}

test('one more link in the chain never makes a decision count that did not', () => {
  fc.assert(
    fc.property(
      fc.record({ among: world, by: word, said: someName, chain: links, holder: someName }),
      fc.record({ identity: fc.constantFrom(...accounts, ...tokens), person: fc.option(someName) }),
      ({ among, by, said, chain, holder }, more) => {
        const initiator = chainIn(among, chain, holder);
        const longer = chainOf(...initiator.chain, link(more.identity, more.person));
        fc.pre(isAccepted(among, longer, by, said));
        expect(isAccepted(among, initiator, by, said)).toBe(true);
      },
    ),
  );
});

test('taking an identity, or a person, out of people.yaml never makes a decision count that did not', () => {
  fc.assert(
    fc.property(
      fc.record({ among: world, by: word, said: someName, chain: links, holder: someName }),
      fc.constantFrom(...accounts, ...names),
      ({ among, by, said, chain, holder }, gone) => {
        // As every receiver does: the address is asked for only where the account is nobody's.
        fc.pre(by.matched_by === null || personOf(among, by.identity) === null);
        // A token is issued to somebody who is there.
        fc.pre(among.people.some(({ name }) => name === holder));
        const initiator = chainIn(among, chain, holder);
        const fewer = without(among, gone);
        fc.pre(isAccepted(fewer, initiator, by, said));
        expect(isAccepted(among, initiator, by, said)).toBe(true);
      },
    ),
  );
});

test('A1 is the API, no account in the chain, and nobody in it who owns the receiver', () => {
  fc.assert(
    fc.property(world, links, someName, fc.boolean(), (among, chain, holder, served) => {
      const initiator = chainIn(among, chain, holder);
      const receiver = 'os:run@h';
      const owner = personOf(among, receiver);
      const inside =
        !served ||
        initiator.chain.some(({ identity }) => identity.startsWith('os:')) ||
        (owner !== null && conflictOf(owner, initiator) !== null);
      const court = { people: among, initiator, served };
      expect(attestedAssurance(receiver, court)).toBe(inside ? 'A0' : 'A1');
    }),
  );
});

function personWith(name: string, identities: readonly string[]): Person {
  const of = (kind: string) =>
    identities
      .filter((identity) => identity.startsWith(`${kind}:`))
      .map((identity) => identity.slice(kind.length + 1));
  return aPerson(name, { osUsers: of('os'), slack: of('slack'), emails: of('email') });
}

function without({ people: everybody }: People, gone: string): People {
  return {
    people: everybody
      .filter(({ name }) => name !== gone)
      .map((person) =>
        personWith(
          person.name,
          identitiesOf(person).filter((identity) => identity !== gone),
        ),
      ),
  };
}

function chainOf(...chain: readonly ChainLink[]): Initiator {
  return { kind: 'person', chain };
}

function link(identity: string, person: string | null): ChainLink {
  return { role: 'caller', identity, person };
}

function root64(seed: string): string {
  return Buffer.from(sha256(seed), 'hex').toString('base64');
}
