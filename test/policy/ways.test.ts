import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { judgeDecision } from '../../src/approval/court/judge-decision.ts';
import type { ChainLink, Initiator } from '../../src/approval/people/people.ts';
import type { RequestContent } from '../../src/approval/request.ts';
import { encodeStatement, type Statement } from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import { parseCases } from '../../src/engine/policy/case-file.ts';
import { caseOfGiven } from '../../src/engine/policy/judge-case.ts';
import type { Verdict } from '../../src/policy/policy.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { judgeStep } from '../../src/run/judge.ts';
import { recountClaim } from '../../src/run/recount.ts';
import type { DecisionRecord, RequestRecord, RunState } from '../../src/run/state.ts';
import { aRequest } from '../approval/request-builders.ts';
import { agentAlone, byCarol, everybody, people, type Way, ways } from './ways.ts';

/**
 * Every kind of rule against every way to decide, with real signatures: judged as when a decision is
 * recorded, and counted as when the step is claimed. A `+` starts the step, a `.` does not.
 */

const asks = (slot: string): string =>
  `rules: [{ name: r, require: { approvals: [{ id: x, ${slot} }] } }]`;
const frozen =
  'rules: [{ name: freeze, deny: no, override: { approvals: [{ id: x, from: [bob] }] } }]';

interface Column {
  readonly policy: string;
  /** Of the case, in YAML. */
  readonly given?: string;
  readonly chain?: readonly ChainLink[];
  /** Who has signed before. */
  readonly beside?: 'carol';
}

const columns: Readonly<Record<string, Column>> = {
  'floor A0': { policy: 'floor: { assurance: A0 }' },
  'floor A1': { policy: '' },
  'floor A2': { policy: 'floor: { assurance: A2 }' },
  'A3, no touch': { policy: asks('from: ["*"], assurance: A3, presence: false') },
  'A3, by an agent': { policy: asks('from: ["*"], assurance: A3') },
  'A3 with a PIN': { policy: asks('from: ["*"], assurance: A3, pin: true') },
  'his group': { policy: asks('from: [group:sre]') },
  'another group': { policy: asks('from: [group:data]') },
  'two of all': { policy: asks('from: ["*"], count: 2') },
  'two, with carol': { policy: asks('from: ["*"], count: 2'), beside: 'carol' },
  'a list with him': {
    policy: `lists: { oncall: { file: /oncall } }\n${asks('from: [list:oncall]')}`,
    given: 'lists: { oncall: [bob] }',
  },
  'a list without': {
    policy: `lists: { oncall: { file: /oncall } }\n${asks('from: [list:oncall]')}`,
    given: 'lists: { oncall: [carol] }',
  },
  alternatives: {
    policy:
      'rules: [{ name: r, require: { any: [[{ id: two, count: 2, from: ["*"] }], [{ id: one, from: [bob] }]] } }]',
  },
  'escalated by then': { policy: asks('from: [carol], escalate: [{ after: 5m, to: [bob] }]') },
  'escalated later': { policy: asks('from: [carol], escalate: [{ after: 7m, to: [bob] }]') },
  'he wrote it': {
    policy: 'rules: [{ name: r, require: { exclude: [step_author] } }]',
    given: 'authors: [bob@example.com]',
  },
  'he approved before': {
    policy: 'rules: [{ name: r, require: { exclude: [earlier_approver] } }]',
    given: 'approved_before: [bob]',
  },
  denied: { policy: frozen },
  'overridden, alone': { policy: frozen, given: 'overrides: [freeze]' },
  'overridden, with carol': { policy: frozen, given: 'overrides: [freeze]', beside: 'carol' },
  'break-glass for ian': {
    policy:
      'break_glass: [{ name: g, from: [ian], presence: true, review: { from: [carol], within: 1d } }]',
    given: 'break_glass: g',
  },
  'supervised agent': { policy: 'floor: { control: supervised }', chain: agentAlone },
  'supervised, resumed': { policy: 'floor: { control: supervised }' },
};

const origin = 'runbook.example/4f2a';
const rootAt = (size: number): string => createHash('sha256').update(String(size)).digest('base64');
const createdMs = Date.parse('2026-03-02T10:00:00.000Z');

/** In the order of `columns`: floors, evidence, people, exclusions, overrides, break-glass, supervision. */
const rows = `
  +++ +.. +..++.++. .. ..+ . ++  his key
  +++ +.. +..++.++. .. ..+ . ++  his security key, untouched
  +++ ++. +..++.++. .. ..+ . ++  his touch
  +++ +++ +..++.++. .. ..+ . ++  his touch and PIN
  +++ ... +..++.++. .. ..+ . ++  his fresh login
  ++. ... +..++.++. .. ..+ . ++  his click, heard by a server
  ++. ... +..++.++. .. ..+ . ++  his token
  +.. ... ......... .. ... . ..  his click, heard by the owner
  +.. ... ......... .. ... . ..  his file on the host
  ... ... ......... .. ... . ..  a key that is nobody’s
  ... ... ......... .. ... . ..  an account that is nobody’s
  ... ... ......... .. ... . ..  an account that is another’s
  ... ... ......... .. ... . ..  a fresh login that is another’s
  ... ... ......... .. ... + +.  who started it
  ... ... ......... .. ... . ++  the agent’s owner
  ... ... ......... .. ... . ++  the owner’s chat account
  ... ... ......... .. ... . ++  the owner’s fresh login
  ... ... ......... .. ... . +.  who resumed it
  ... ... ......... .. ... . +.  who set off the job
  ... ... ......... .. ... . ..  his touch and PIN, too late
  ... ... ......... .. ... . ..  his touch and PIN, revoked
`
  .trim()
  .split('\n')
  .map((line) => /^\s*([+. ]+) {2}(.*)$/.exec(line) ?? [])
  .map(([, marks = '', way = '']) => ({ way, marks: marks.replaceAll(' ', '') }));

describe('who starts a privileged step', () => {
  test('the table speaks of every rule and every way', () => {
    expect(new Set(rows.map(({ marks }) => marks.length))).toEqual(
      new Set([Object.keys(columns).length]),
    );
    expect(rows.map(({ way }) => way)).toEqual(Object.keys(ways));
  });

  test.each(rows)('$way: $marks', ({ way, marks }) => {
    const found = Object.keys(columns).map((column) => (starts(way, column) ? '+' : '.'));
    expect(found.join('')).toBe(marks);
  });
});

function starts(way: string, column: string): boolean {
  const { policy, given = '', chain = everybody, beside } = columns[column] ?? { policy: '' };
  const initiator: Initiator = { kind: 'agent', chain };
  const [row] = parseCases(
    `cases: [{ name: x, expect: ask, given: { step: { privileged: true }, initiator: { agent: bot }, ${given} } }]`,
    'cases.yaml',
  ).cases;
  if (row === undefined) {
    throw new Error('there is no case');
  }
  const rules = {
    policy: parsePolicy(policy, 'policy.yaml'),
    people,
    config: 0,
    policyDigest: sha256('policy'),
    peopleDigest: sha256('people'),
  };
  const { lists } = row.given;
  const verdict = judgeStep(rules, caseOfGiven(row.given, initiator), {
    nowMs: createdMs,
    lists: (name) => ({ people: lists[name] ?? [], unknown: [], error: null }),
  });
  const made = [...(beside === undefined ? [] : [byCarol]), wayOf(way)];
  return verdict.kind === 'ask' && isGranted(verdict, made, initiator);
}

function wayOf(name: string): Way {
  const way = ways[name];
  if (way === undefined) {
    throw new Error(`there is no way \`${name}\``);
  }
  return way;
}

function isGranted(
  verdict: Extract<Verdict, { kind: 'ask' }>,
  made: readonly Way[],
  initiator: Initiator,
): boolean {
  const content = aRequest({
    initiator,
    policy: {
      slots: verdict.slots,
      evaluation: { ...verdict.evaluation, policy_digest: sha256('policy') },
    },
    break_glass: verdict.breakGlass,
    limits: {
      created: new Date(createdMs).toISOString(),
      pending_until: new Date(createdMs + verdict.pendingMs).toISOString(),
      unused_ms: verdict.unusedMs,
    },
  });
  const decisions = made.flatMap((way, index) =>
    (way.revoked === true ? (['approve', 'revoke'] as const) : (['approve'] as const)).flatMap(
      (decision, nth) =>
        recorded(content, way, {
          decision,
          seq: 15 + 2 * index + nth,
          atMs: createdMs + (way.at ?? 6) * 60_000,
        }),
    ),
  );
  const request: RequestRecord = {
    content,
    seq: 10,
    hash: sha256('request leaf'),
    decisions,
    used: 0,
    closed: null,
    review: null,
  };
  const state = { initiator, started: { via: 'api' }, steps: new Map() } as unknown as RunState;
  const nowMs = createdMs + Math.max(...made.map(({ at = 6 }) => at)) * 60_000;
  const { slots } = verdict;
  return recountClaim(request, { state, people, slots, nowMs, origin, rootAt }).kind === 'granted';
}

/** As the engine takes it in: what is refused is not recorded. */
function recorded(
  content: RequestContent,
  way: Way,
  { decision, seq, atMs }: { decision: Statement['decision']; seq: number; atMs: number },
): readonly DecisionRecord[] {
  const time = new Date(atMs).toISOString();
  const statement = encodeStatement({
    v: 1,
    decision,
    request: sha256('request leaf'),
    commands: content.commands.map(({ digest }) => digest),
    environment: content.target.environment,
    policy_digest: sha256('policy'),
    slots: content.policy.slots.map(({ id }) => id),
    reason: decision === 'approve' ? 'looked at it' : 'no more',
    person: way.person,
    time,
    nonce: '0123456789abcdef0123456789abcdef',
    log: { origin, size: seq - 1, root: rootAt(seq - 1) },
  });
  const evidence = way.say(statement);
  const judged = judgeDecision({
    evidence,
    time,
    request: { content, leafHash: sha256('request leaf'), index: 10 },
    people,
    initiator: content.initiator,
    served: true,
    decisionIndexUpperBound: seq,
    rootAt,
    origin,
    policyDigest: sha256('policy'),
  });
  if (judged.kind === 'refused') {
    return [];
  }
  const { id, person, reason, assurance, presence, verified: pin } = judged;
  const { signature, attested, login, channel = 'cli' } = evidence;
  return [
    {
      seq,
      time,
      data: {
        request: content.id,
        id,
        decision,
        person,
        reason,
        assurance,
        presence,
        verified: pin,
        channel,
        statement,
        signature,
        ...(attested === undefined ? {} : { attested }),
        ...(login === undefined ? {} : { login }),
      },
    },
  ];
}
