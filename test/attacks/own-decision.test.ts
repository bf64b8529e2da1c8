import { describe, expect, test } from 'vitest';
import type { TokenCaller } from '../../src/approval/people/initiator.ts';
import type { Scope, TokenHolder } from '../../src/approval/token.ts';
import { sha256 } from '../../src/base/digest.ts';
import { decideAsMyself } from '../../src/engine/decision/decide-as-myself.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { localService } from '../../src/engine/local-service.ts';
import { resumeRun } from '../../src/engine/resume-run.ts';
import type { OwnDecision } from '../../src/engine/service.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import {
  asAccount,
  cardOf,
  click,
  decisionsOf,
  host,
  issueToken,
  openServed,
} from '../support/click.ts';
import { interruptedStore } from '../support/interrupted-store.ts';
import { driving, type Scene } from '../support/scene.ts';

const issue = (scene: Scene, holder: TokenHolder, scopes: readonly Scope[]) =>
  issueToken(scene, { token: '0123456789abcdef', holder, scopes });
const robin: TokenHolder = { kind: 'person', id: 'robin' };
const bot: TokenHolder = { kind: 'agent', id: 'deploy-bot' };

function engineOf(scene: Scene, holder: TokenHolder, claims: Partial<TokenCaller> = {}): Engine {
  return { ...scene.engine(), caller: { token: '0123456789abcdef', holder, ...claims } };
}

async function own(scene: Scene, changes: Partial<OwnDecision> = {}): Promise<OwnDecision> {
  const { request, hash } = await cardOf(scene);
  return { request, hash, decision: 'approve', reason: null, ...changes };
}

test('a token of a person decides as that person, at A1', async () => {
  const scene = openServed();
  const { run } = await scene.exec();
  await issue(scene, robin, ['decide']);
  expect(await decideAsMyself(engineOf(scene, robin), await own(scene))).toMatchObject({
    person: 'robin',
    assurance: 'A1',
    missing: [],
  });
  expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
  const [decided] = await decisionsOf(scene, run);
  expect(decided).toMatchObject({
    channel: 'api',
    attested: { identity: 'token:0123456789abcdef', matched_by: null },
  });
  const verified = await scene.service().verify({ receipts: [], pins: [], progress: () => {} });
  expect(verified).toMatchObject({ findings: [], exit_code: 0 });
});

test('a token of a person decides nothing about a run that was started with it', async () => {
  const token = '0123456789abcdef';
  const scene = openServed({ caller: { token, holder: robin } });
  await issue(scene, robin, ['start', 'decide']);
  const { run } = await scene.exec();
  await expect(decideAsMyself(engineOf(scene, robin), await own(scene))).rejects.toMatchObject({
    code: 'self_approval',
  });
  // Nor under another identity of the same person.
  await expect(click(scene, { by: 'robin' })).rejects.toMatchObject({ code: 'self_approval' });
  expect(await decisionsOf(scene, run)).toEqual([]);
});

test.each<[string, TokenHolder, Partial<TokenCaller>]>([
  ['an agent', bot, {}],
  ['a CI job', { kind: 'ci', id: 'github/acme/infra' }, {}],
  ['a person, where an agent calls with it', robin, { agent: 'deploy-bot' }],
  ['a person, where a job calls with it', robin, { ci: { identity: 'github/acme/infra' } }],
  ['a person, for somebody else', robin, { onBehalfOf: 'kim' }],
])('a token of %s never decides', async (_, holder, claims) => {
  const scene = openServed();
  const { run } = await scene.exec();
  await issue(scene, holder, ['decide']);
  const decision = own(scene);
  await expect(
    decideAsMyself(engineOf(scene, holder, claims), await decision),
  ).rejects.toMatchObject({ code: 'agent_decides', exitCode: 13 });
  expect(await decisionsOf(scene, run)).toEqual([]);
});

test('a token of an agent never decides, whoever hands it on', async () => {
  const scene = openServed();
  await scene.exec();
  await issue(scene, bot, ['decide']);
  const token = { by: 'robin', identity: 'token:0123456789abcdef' };
  await expect(click(scene, token)).rejects.toMatchObject({ code: 'agent_decides' });
});

test.each<[string, string, readonly Scope[], (scene: Scene) => Promise<unknown>]>([
  ['that does not carry `decide`', 'scope_missing', ['start', 'read'], async () => null],
  [
    'that was revoked',
    'token_revoked',
    ['decide'],
    async (scene) => scene.service().revokeToken('0123456789abcdef'),
  ],
  [
    'that has expired',
    'token_expired',
    ['decide'],
    async (scene) => scene.clock.shift(25 * 3_600_000),
  ],
  [
    'whose person is gone',
    'token_orphaned',
    ['decide'],
    async (scene) => {
      scene.trusted.people = scene.trusted.people.replace('name: robin', 'name: robyn');
    },
  ],
])('a token %s decides nothing', async (_, code, scopes, change) => {
  const scene = openServed({ policy: 'floor: { pending: 48h }' });
  const { run } = await scene.exec();
  await issue(scene, robin, scopes);
  await change(scene);
  await expect(decideAsMyself(engineOf(scene, robin), await own(scene))).rejects.toMatchObject({
    code,
  });
  expect(await decisionsOf(scene, run)).toEqual([]);
});

/** What a bearer does while somebody else acts: everything was judged, and nothing is recorded yet. */
const races: readonly [string, string, (scene: Scene) => Promise<unknown>][] = [
  [
    'revoked',
    'token_revoked',
    (scene) => asAccount(scene, `runbook@${host}`).revokeToken('0123456789abcdef'),
  ],
  ['expired', 'token_expired', async (scene) => scene.clock.shift(25 * 3_600_000)],
];

describe.each(races)('a token that is %s while its bearer', (_, code, end) => {
  const bearing = async () => {
    const scene = openServed({ policy: 'floor: { pending: 48h }' });
    const { run } = await scene.exec();
    await issue(scene, robin, ['start', 'decide', 'admin']);
    const store = interruptedStore(scene.engine().store, () => end(scene));
    return { scene, run, engine: { ...engineOf(scene, robin), store } };
  };

  test.each(['approve', 'reject'] as const)('decides (%s) decides nothing', async (decision) => {
    const { scene, run, engine } = await bearing();
    const mine = await own(scene, { decision, reason: 'because' });
    await expect(decideAsMyself(engine, mine)).rejects.toMatchObject({ code, exitCode: 4 });
    expect(await decisionsOf(scene, run)).toEqual([]);
  });

  test('starts a run starts none', async () => {
    const { scene, engine } = await bearing();
    const { size } = await scene.engine().store.head();
    const door = localService(engine, scene.elsewhere);
    const source = await door.openRunbook('runbook.yaml');
    const start = { source, given: {}, environment: null, reason: null, ticket: null };
    await expect(door.start(start)).rejects.toMatchObject({ code, exitCode: 4 });
    const entries = await scene.engine().store.entries(size, size + 9);
    expect(entries.map((stored) => recordedOf(stored)?.event.type)).not.toContain('run.started');
  });

  test('takes a run on does not', async () => {
    const { scene, run, engine } = await bearing();
    await expect(resumeRun(engine, { run, given: {} })).rejects.toMatchObject({ code });
    const events = await scene.service().events(run, 0);
    expect(events.map(({ event }) => event.type)).not.toContain('run.resumed');
  });
});

test('a token decides only about what its bearer saw', async () => {
  const scene = openServed();
  await scene.exec();
  await issue(scene, robin, ['decide']);
  const other = await own(scene, { hash: sha256('something else') });
  await expect(decideAsMyself(engineOf(scene, robin), other)).rejects.toMatchObject({
    code: 'other_request',
    exitCode: 2,
  });
});

test('a token is what it takes: an account of the host decides by signing', async () => {
  const scene = openServed();
  await scene.exec();
  const account = { ...scene.engine(), caller: { osUser: `ana@${host}` } };
  await expect(decideAsMyself(account, await own(scene))).rejects.toMatchObject({
    code: 'not_a_person',
  });
});
