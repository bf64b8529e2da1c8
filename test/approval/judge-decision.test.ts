import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/approval/court/attested.ts';
import {
  type DecisionCase,
  judgeDecision,
  judgeResolution,
  type ResolutionCase,
} from '../../src/approval/court/judge-decision.ts';
import type { ChainLink, Initiator, People } from '../../src/approval/people/people.ts';
import type { RequestContent } from '../../src/approval/request.ts';
import { ed25519Blob } from '../../src/approval/ssh/ssh-key.ts';
import { wireString } from '../../src/approval/ssh/ssh-wire.ts';
import { assembleSshsig, toBeSigned } from '../../src/approval/ssh/sshsig.ts';
import {
  approvalNamespace,
  encodeStatement,
  type Resolution,
  resolveNamespace,
  type SignedStatement,
  type Statement,
} from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { BlobId, RequestId, RunId } from '../../src/base/ids.ts';
import type { Slot } from '../../src/policy/policy.ts';
import { ed25519Authenticator } from '../support/authenticator.ts';
import { aPerson, aSlot } from './builders.ts';

const origin = 'runbook.example/4f2a';
const policyDigest = sha256('policy');
const root = (size: number): string => createHash('sha256').update(`root ${size}`).digest('base64');

const bobsKey = aKey();
const carolsKey = aKey();
const strangersKey = aKey();

/** Ana started the run. Bob may decide. Carol owns an agent. */
const people: People = {
  people: [
    aPerson('ana', { osUsers: ['ana@web1'], sshKeys: [aKey().line] }),
    aPerson('bob', { osUsers: ['bob@web1'], sshKeys: [aKey().line, bobsKey.line] }),
    aPerson('carol', { agents: ['deploy-bot'], sshKeys: [carolsKey.line] }),
  ],
};
const byAna = aChain({ role: 'caller', identity: 'os:ana@web1', person: 'ana' });

const content: RequestContent = {
  v: 1,
  id: '0123456789abcdef' as RequestId,
  run: 'fedcba9876543210' as RunId,
  step: 'restart',
  name: null,
  runbook: {
    name: 'restart-cluster',
    plan: sha256('plan') as string as BlobId,
    source: sha256('source'),
    trusted: true,
  },
  commands: ['first', 'second'].map((step) => ({
    step,
    digest: sha256(step),
    command: sha256(`${step} blob`) as string as BlobId,
  })),
  attempt: 1,
  target: { environment: 'prod', protected: true, host: 'web1', uid: 1000, user: 'ana' },
  initiator: byAna,
  why: { reason: null, ticket: null },
  policy: {
    slots: [aSlot('floor', ['bob']), aSlot('data/owner', ['carol'])],
    evaluation: {
      now: '2026-03-04T05:00:00.000Z',
      config: 1,
      policy_digest: policyDigest,
      people_digest: sha256('people'),
      cel: '1',
      matched: [],
      failed: [],
    },
  },
  secrets: [],
  not_bound: [],
  effect: { idempotent: false, continue_on_error: false, has_check: false },
  grant: { uses: 1 },
  rollback: null,
  break_glass: null,
  limits: {
    created: '2026-03-04T05:00:00.000Z',
    pending_until: '2026-03-04T05:30:00.000Z',
    unused_ms: 600_000,
  },
  supersedes: null,
  previous: null,
  unverified: null,
};

/** The request is entry 10; bob saw 12 entries; his decision would become entry 15. */
const statement: Statement = {
  v: 1,
  decision: 'approve',
  request: sha256('request leaf'),
  commands: [sha256('first'), sha256('second')],
  environment: 'prod',
  policy_digest: policyDigest,
  slots: ['floor'],
  reason: null,
  person: 'bob',
  time: '2026-03-04T05:06:07.008Z',
  nonce: '0123456789abcdef0123456789abcdef',
  log: { origin, size: 12, root: root(12) },
};

function aCase(evidence: Evidence, more: Partial<DecisionCase> = {}): DecisionCase {
  return {
    evidence,
    request: { content, leafHash: sha256('request leaf'), index: 10 },
    people,
    initiator: byAna,
    served: false,
    time: statement.time,
    decisionIndexUpperBound: 15,
    rootAt: (size) => (size <= 15 ? root(size) : null),
    origin,
    policyDigest,
    ...more,
  };
}

test('a decision signed by somebody else is accepted, with what it amounts to', () => {
  const signed = signedBy(bobsKey, statement);
  expect(judgeDecision(aCase(signed))).toEqual({
    kind: 'accepted',
    id: sha256(signed.statement),
    decision: 'approve',
    person: 'bob',
    reason: null,
    assurance: 'A3',
    presence: false,
    verified: false,
    statementTime: statement.time,
    logSize: 12,
  });
});

test.each<[string, Partial<Statement>]>([
  ['a rejection with a reason', { decision: 'reject', reason: 'not during the sale' }],
  ['a rejection that fits no slot', { decision: 'reject', reason: 'no', slots: [] }],
  ['a revocation', { decision: 'revoke' }],
  ['an approval for several slots', { slots: ['data/owner', 'floor'] }],
  ['the smallest log that holds the request', { log: { origin, size: 11, root: root(11) } }],
  ['the newest log there can be', { log: { origin, size: 15, root: root(15) } }],
])('%s is accepted', (_name, change) => {
  expect(verdict({ ...statement, ...change })).toBe('accepted');
});

test('a touch and a PIN are told as the key proved them', () => {
  const token = ed25519Authenticator('ssh:');
  const [ana = aPerson('ana')] = people.people;
  const owner = aPerson('bob', { sshKeys: [token.publicKey] });
  const touched = (flags: number) => {
    const text = encodeStatement(statement);
    const blob = token.touch({ namespace: approvalNamespace, message: Buffer.from(text), flags });
    const signed = { statement: text, signature: blob.toString('base64') };
    return judgeDecision(aCase(signed, { people: { people: [ana, owner] } }));
  };
  expect(touched(0x00)).toMatchObject({ kind: 'accepted', presence: false, verified: false });
  expect(touched(0x01)).toMatchObject({ kind: 'accepted', presence: true, verified: false });
  expect(touched(0x05)).toMatchObject({ kind: 'accepted', presence: true, verified: true });
});

describe('a decision does not count', () => {
  test.each<[string, Partial<Statement>, string]>([
    ['for another request', { request: sha256('other leaf') }, 'other_request'],
    ['for another command', { commands: [sha256('first'), sha256('x')] }, 'other_commands'],
    ['for fewer commands', { commands: [sha256('first')] }, 'other_commands'],
    ['for more commands', { commands: [...statement.commands, sha256('x')] }, 'other_commands'],
    ['in another order', { commands: statement.commands.toReversed() }, 'other_commands'],
    ['in another environment', { environment: 'staging' }, 'other_environment'],
    ['under another policy', { policy_digest: sha256('softer') }, 'other_policy'],
    ['for a slot that nobody asked for', { slots: ['floor', 'mine'] }, 'other_slots'],
    ['for one slot twice', { slots: ['floor', 'floor'] }, 'other_slots'],
    ['as an approval of no slot', { slots: [] }, 'no_slot'],
    ['as a rejection without a reason', { decision: 'reject' }, 'reason_missing'],
    ['as a rejection with a blank reason', { decision: 'reject', reason: ' \t' }, 'reason_missing'],
    ['when it names somebody else', { person: 'carol' }, 'other_person'],
    ['when it names nobody we know', { person: 'mallory' }, 'other_person'],
    ['for another log', { log: { ...statement.log, origin: 'runbook.example/x' } }, 'other_log'],
    ['from before the request', { log: { origin, size: 10, root: root(10) } }, 'log_too_old'],
    ['from the future', { log: { origin, size: 16, root: root(16) } }, 'E_ROLLBACK'],
    ['over a forked log', { log: { origin, size: 12, root: root(13) } }, 'E_FORK'],
  ])('%s', (_name, change, code) => {
    expect(verdict({ ...statement, ...change })).toBe(code);
  });

  test('over a head whose root we do not know', () => {
    expect(verdict(statement, { rootAt: () => null })).toBe('log_unknown');
  });

  test('for another attempt of the same command, which has its own request', () => {
    const again = { content: { ...content, attempt: 2 }, leafHash: sha256('again'), index: 11 };
    expect(verdict(statement, { request: again })).toBe('other_request');
  });

  test('where the request has more commands than the reviewer saw', () => {
    const [first] = content.commands;
    const commands = [...content.commands, ...(first === undefined ? [] : [first])];
    const request = { content: { ...content, commands }, leafHash: statement.request, index: 10 };
    expect(verdict(statement, { request })).toBe('other_commands');
  });

  test('with a key that nobody enrolled', () => {
    expect(judge(signedBy(strangersKey, statement))).toBe('key_unknown');
  });

  test('with a key taken out of `people.yaml` since', () => {
    const without = { people: people.people.map((one) => ({ ...one, sshKeys: [] })) };
    expect(verdict(statement, { people: without })).toBe('key_unknown');
  });

  test('with a key that two people share, whoever it names', () => {
    const shared = { people: [...people.people, aPerson('dora', { sshKeys: [bobsKey.line] })] };
    expect(verdict(statement, { people: shared })).toBe('key_shared');
    expect(verdict({ ...statement, person: 'dora' }, { people: shared })).toBe('key_shared');
  });

  test("with somebody else's key, even in one's own name", () => {
    expect(judge(signedBy(carolsKey, statement))).toBe('other_person');
  });
});

describe('nobody decides about their own run:', () => {
  test.each<[string, ChainLink, string]>([
    ['its caller', link('caller', 'os:bob@web1', 'bob'), 'the caller `os:bob@web1`'],
    ['its caller, before they were enrolled', link('caller', 'os:bob@web1', null), 'the caller'],
    ['its caller under a later name', link('caller', 'os:bob@web1', 'robert'), 'the caller'],
    ['its caller, whose account was dropped', link('caller', 'os:b@old', 'bob'), 'the caller'],
    ['who used sudo', link('sudo', 'os:bob@web1', 'bob'), 'the user behind sudo'],
    ["its agent's owner", link('agent_owner', 'person:bob', 'bob'), "the agent's owner"],
    ['who set off the CI job', link('ci', 'ci:github/bob', 'bob'), 'the CI job'],
    ['who resumed it', link('resumer', 'os:bob@web1', 'bob'), 'who resumed it'],
  ])('%s', (_name, added, words) => {
    const initiator = aChain(...byAna.chain, added);
    for (const decision of ['approve', 'reject', 'revoke'] as const) {
      const signed = signedBy(bobsKey, { ...statement, decision, reason: 'why not' });
      const refusal = judgeDecision(aCase(signed, { initiator }));
      expect(refusal).toMatchObject({ kind: 'refused', code: 'self_approval' });
      expect(refusal.kind === 'refused' ? refusal.message : '').toContain(words);
    }
  });

  test('who owns the agent that started it', () => {
    const initiator = aChain(link('agent', 'agent:deploy-bot', null));
    const signed = signedBy(carolsKey, { ...statement, person: 'carol' });
    expect(judge(signed, { initiator })).toBe('self_approval');
  });
});

describe('whoever stands behind the run decides', () => {
  const withSlots = (...slots: readonly Slot[]): Partial<DecisionCase> => ({
    request: {
      content: { ...content, policy: { ...content.policy, slots } },
      leafHash: sha256('request leaf'),
      index: 10,
    },
  });
  const byBob = { initiator: aChain(link('caller', 'os:bob@web1', 'bob')) };
  const own = aSlot('floor', [], { from: ['bob'], own: true });

  test('where they break the glass and the slot names them', () => {
    expect(verdict(statement, { ...byBob, ...withSlots(own) })).toBe('accepted');
    const carols = { ...own, from: ['carol'] };
    expect(verdict(statement, { ...byBob, ...withSlots(carols) })).toBe('self_approval');
  });

  test('not once somebody of the chain cannot be found any more', () => {
    const initiator = aChain(...byBob.initiator.chain, link('resumer', 'token:1', 'gone'));
    expect(verdict(statement, { initiator, ...withSlots(own) })).toBe('initiator_departed');
  });

  test('where they own the agent that came with a token of its own, under supervision', () => {
    const initiator = aChain(
      link('caller', 'token:4f7k', null),
      link('agent', 'agent:deploy-bot', null),
      link('agent_owner', 'person:carol', 'carol'),
    );
    const signed = signedBy(carolsKey, { ...statement, person: 'carol' });
    const supervised = aSlot('floor', [], { supervised: true });
    expect(judge(signed, { initiator, ...withSlots(supervised) })).toBe('accepted');
    expect(judge(signed, { initiator, ...withSlots(aSlot('floor', [])) })).toBe('self_approval');
    const resumed = aChain(...initiator.chain, link('resumer', 'os:carol@web1', 'carol'));
    expect(judge(signed, { initiator: resumed, ...withSlots(supervised) })).toBe('self_approval');
  });
});

describe('a signature is bound to its namespace:', () => {
  test('one made to resolve a step does not approve, nor the other way round', () => {
    expect(judge(signedBy(bobsKey, statement, resolveNamespace))).toBe('E_APPROVAL_SIG');
    const other = signedBy(bobsKey, resolution, approvalNamespace);
    expect(judgeResolution(aResolutionCase(other))).toMatchObject({ code: 'E_APPROVAL_SIG' });
  });

  test('one made for `git` or for files does not approve', () => {
    expect(judge(signedBy(bobsKey, statement, 'git'))).toBe('E_APPROVAL_SIG');
    expect(judge(signedBy(bobsKey, statement, 'file'))).toBe('E_APPROVAL_SIG');
  });

  test('a resolution signed as an approval is no statement', () => {
    expect(judge(signedBy(bobsKey, resolution, approvalNamespace))).toBe('statement_unreadable');
  });
});

describe('whatever is odd is a no:', () => {
  const signed = signedBy(bobsKey, statement);

  test('any one byte of the signature changed', () => {
    const bytes = Buffer.from(signed.signature, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const bent = Buffer.from(bytes);
      bent[at] = (bent[at] ?? 0) ^ 0x20;
      expect(judge({ ...signed, signature: bent.toString('base64') })).toBe('E_APPROVAL_SIG');
    }
  });

  test('any one character of the statement changed', () => {
    for (let at = 0; at < signed.statement.length; at++) {
      const bent = `${signed.statement.slice(0, at)}~${signed.statement.slice(at + 1)}`;
      expect(judge({ ...signed, statement: bent })).toBe('E_APPROVAL_SIG');
    }
  });

  test('a statement that was signed in another spelling', () => {
    const loose = JSON.stringify(statement);
    expect(judge(signText(bobsKey, loose))).toBe('statement_unreadable');
    expect(judge(signText(bobsKey, `${signed.statement} `))).toBe('statement_unreadable');
  });

  test.each(['', 'null', '[]', '{}', '"x"', '\ud800', '{"person":"bob"}'])(
    'signed text %j',
    (text) => {
      expect(judge(signText(bobsKey, text))).toBe('statement_unreadable');
    },
  );

  test.each(['', '====', signed.signature.slice(0, -4), `${signed.signature}\n`])(
    'signature %j',
    (signature) => {
      expect(judge({ ...signed, signature })).toBe('E_APPROVAL_SIG');
    },
  );

  test('any texts at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.base64String(), (text, signature) => {
        expect(judge({ statement: text, signature })).toBe('E_APPROVAL_SIG');
      }),
    );
  });

  test('a refusal never carries what could move a cursor', () => {
    const loud = { ...statement, environment: 'prod\u001b[2J\u202e' };
    const refusal = judgeDecision(aCase(signedBy(bobsKey, loud)));
    expect(refusal.kind === 'refused' ? refusal.message : '').toContain('prod\\x1b[2J\\u{202e}');
  });
});

const resolution: Resolution = {
  v: 1,
  decision: 'resolve',
  outcome: 'failed',
  run: content.run,
  step: 'restart',
  attempt: 2,
  started: sha256('started leaf'),
  reason: 'the host was down',
  person: 'bob',
  time: '2026-03-04T05:06:07.008Z',
  nonce: '0123456789abcdef0123456789abcdef',
  log: { origin, size: 12, root: root(12) },
};

function aResolutionCase(
  signed: SignedStatement,
  more: Partial<ResolutionCase> = {},
): ResolutionCase {
  const { run, step, attempt } = resolution;
  return {
    ...aCase(signed),
    signed,
    started: { run, step, attempt, leafHash: sha256('started leaf'), index: 11 },
    ...more,
  };
}

describe('a resolution', () => {
  const resolve = (change: Partial<Resolution>, more: Partial<ResolutionCase> = {}) => {
    const signed = signedBy(bobsKey, { ...resolution, ...change }, resolveNamespace);
    const judged = judgeResolution(aResolutionCase(signed, more));
    return judged.kind === 'refused' ? judged.code : judged.outcome;
  };

  test.each(['succeeded', 'failed', 'retry'] as const)('says that the step %s', (outcome) => {
    expect(resolve({ outcome })).toBe(outcome);
  });

  test.each<[string, Partial<Resolution>, string]>([
    ['of another run', { run: '0000000000000000' as RunId }, 'other_step'],
    ['of another step', { step: 'verify' }, 'other_step'],
    ['of another attempt', { attempt: 1 }, 'other_step'],
    ['of another start', { started: sha256('other') }, 'other_step'],
    ['without a reason', { reason: ' ' }, 'reason_missing'],
    ['in the name of another', { person: 'carol' }, 'other_person'],
    ['from before the step started', { log: { origin, size: 11, root: root(11) } }, 'log_too_old'],
    ['over a forked log', { log: { origin, size: 12, root: root(1) } }, 'E_FORK'],
    ['for another log', { log: { ...resolution.log, origin: 'x' } }, 'other_log'],
  ])('%s does not count', (_name, change, code) => {
    expect(resolve(change)).toBe(code);
  });

  test('by somebody of the chain does not count', () => {
    const initiator = aChain(link('resumer', 'os:bob@web1', 'bob'));
    expect(resolve({}, { initiator })).toBe('self_approval');
  });
});

interface TestKey {
  readonly line: string;
  readonly blob: Buffer;
  readonly key: KeyObject;
}

function aKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const blob = ed25519Blob(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  return { line: `ssh-ed25519 ${blob.toString('base64')}`, blob, key: privateKey };
}

function aChain(...chain: readonly ChainLink[]): Initiator {
  return { kind: 'person', chain };
}

function link(role: ChainLink['role'], identity: string, person: string | null): ChainLink {
  return { role, identity, person };
}

function signedBy(
  key: TestKey,
  content: Statement | Resolution,
  namespace = approvalNamespace,
): SignedStatement {
  return signText(key, encodeStatement(content), namespace);
}

function signText(key: TestKey, text: string, namespace = approvalNamespace): SignedStatement {
  const raw = sign(null, toBeSigned(namespace, Buffer.from(text)), key.key);
  const signature = Buffer.concat([wireString('ssh-ed25519'), wireString(raw)]);
  return {
    statement: text,
    signature: assembleSshsig(key.blob, namespace, signature).toString('base64'),
  };
}

function judge(signed: SignedStatement, more: Partial<DecisionCase> = {}): string {
  const judged = judgeDecision(aCase(signed, more));
  return judged.kind === 'refused' ? judged.code : judged.kind;
}

/** What becomes of it when bob signs it. */
function verdict(content: Statement, more: Partial<DecisionCase> = {}): string {
  return judge(signedBy(bobsKey, content), more);
}
