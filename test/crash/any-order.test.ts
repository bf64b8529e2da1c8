import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  type Arbitrary,
  array as arrayOf,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
} from 'fast-check';
import { expect, test } from 'vitest';
import { RunbookError } from '../../src/base/errors.ts';
import type { StartInput } from '../../src/engine/service.ts';
import type { RunRow } from '../../src/store/rows.ts';
import type { Store } from '../../src/store/store.ts';
import { crashingStore, Stopped } from '../support/crashing-store.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { wrongsOf } from './any-order.ts';

/** Everybody may try everything, in any order, and any process may die at any commit of it. */
const runbook = `
name: mixed
approvals: MODE
params:
  shard: { type: integer, default: 1, min: 1, max: 9 }
steps:
  - id: open_look
    run: echo "$RUNBOOK_ATTEMPT" >> effects
  - id: change
    privileged: true
    env: { SHARD: "\${{ params.shard }}" }
    run: echo "$RUNBOOK_ATTEMPT" >> effects
  - id: clean
    privileged: true
    retry: { attempts: 2, delay: 1ms }
    run: |
      echo "$RUNBOOK_ATTEMPT" >> effects
      [ "$(wc -l < effects)" -gt 3 ]
`;

const relief = `
grants:
  - { name: again, vary: { shard: { type: integer, min: 1, max: 5 } }, max_uses: 2, for: 20m }
break_glass:
  - { name: night, from: ["*"], assurance: A3, review: { from: ["*"], within: 24h } }
`;

const policies = [
  `floor: { assurance: A0 }${relief}`,
  `rules: [{ name: two, when: step.privileged, require: { approvals: [{ id: peer, count: 2, from: ["*"] }] } }]${relief}`,
  `rules: [{ name: no, when: step.id == "clean", deny: not now }]${relief}`,
  '',
];

const names = ['ana', 'robin', 'kim'] as const;
const who = constantFrom(...names);
const by = { who, pick: nat() };
const act = oneof(
  {
    weight: 4,
    arbitrary: record({
      kind: constantFrom('start'),
      who,
      shard: integer({ min: 1, max: 7 }),
      way: constantFrom('plain', 'plain', 'grant', 'grant', 'glass'),
    }),
  },
  {
    weight: 4,
    arbitrary: record({
      kind: constantFrom('decide'),
      ...by,
      decision: constantFrom('approve', 'approve', 'approve', 'reject', 'revoke'),
    }),
  },
  // What mostly happens: some approve, and whoever started it goes on.
  { weight: 8, arbitrary: record({ kind: constantFrom('push'), ...by, also: who }) },
  { weight: 3, arbitrary: record({ kind: constantFrom('resume'), ...by }) },
  { weight: 1, arbitrary: record({ kind: constantFrom('cancel'), ...by }) },
  { weight: 1, arbitrary: record({ kind: constantFrom('end_grant'), ...by }) },
  {
    weight: 1,
    arbitrary: record({ kind: constantFrom('later'), minutes: constantFrom(1, 1, 11, 31) }),
  },
  { weight: 1, arbitrary: record({ kind: constantFrom('policy'), pick: nat() }) },
);
const step = record({
  act,
  crash: oneof(
    { weight: 3, arbitrary: constantFrom(null) },
    {
      weight: 1,
      arbitrary: record({
        commit: integer({ min: 1, max: 4 }),
        when: constantFrom('before' as const, 'after' as const),
      }),
    },
  ),
});

type Step = typeof step extends Arbitrary<infer T> ? T : never;

test('no order of commands, people and crashes starts a step that was not granted', async () => {
  await assert(
    asyncProperty(
      arrayOf(step, { minLength: 10, maxLength: 30, size: 'max' }),
      boolean(),
      async (steps, together) => {
        const scene = openScene({
          runbook: runbook.replace('MODE', together ? 'together' : 'each'),
          policy: policies[0] ?? '',
        });
        giveAccounts(scene);
        for (const each of steps) {
          await perform(scene, each);
        }
        expect(await wrongsOf(scene)).toEqual([]);
        const verified = await scene
          .service()
          .verify({ receipts: [], pins: [], progress: () => undefined });
        expect(verified.findings).toEqual([]);
        await scene.restart();
      },
    ),
    { numRuns: Number(process.env['ANY_ORDER_RUNS'] ?? 25) },
  );
}, 300_000);

/** A refusal is an answer, a crash is a crash; anything else is a bug. */
async function perform(scene: Scene, { act, crash }: Step): Promise<void> {
  const store = scene.openStore();
  try {
    await command(scene, act, crash === null ? store : crashingStore(store, crash));
  } catch (error) {
    if (!(error instanceof RunbookError) && !(error instanceof Stopped)) {
      throw error;
    }
    if (error instanceof RunbookError && error.exitCode === 70) {
      throw error;
    }
  } finally {
    await releaseHolds(store);
    await store.close();
  }
}

async function command(scene: Scene, act: Step['act'], store: Store): Promise<void> {
  switch (act.kind) {
    case 'start': {
      const door = scene.service(store, accountOf(act.who));
      const run = await door.start(startInput(scene, act));
      await door.drive(run, driving(scene));
      return;
    }
    case 'decide':
      return decide(scene, act, store);
    case 'push':
      for (const name of [act.who, act.also]) {
        await decide(scene, { ...act, who: name, decision: 'approve' }, store).catch(refusals);
      }
      return command(scene, { ...act, kind: 'resume' }, store);
    case 'end_grant': {
      const rows = await store.listReusable(null);
      const row = rows[act.pick % Math.max(1, rows.length)];
      if (row !== undefined) {
        await scene.service(store, accountOf(act.who)).revokeGrant(row.request, 'because');
      }
      return;
    }
    case 'resume': {
      const { run, caller } = await pickRun(store, act.pick);
      const account = isLikely(act.pick)
        ? { osUser: caller.slice('os:'.length) }
        : accountOf(act.who);
      const door = scene.service(store, account);
      await door.drive(await door.resume({ run, given: {} }), driving(scene));
      return;
    }
    case 'cancel':
      await scene
        .service(store, accountOf(act.who))
        .cancel((await pickRun(store, act.pick)).run, null, driving(scene));
      return;
    case 'later':
      scene.clock.shift(act.minutes * 60_000);
      return;
    case 'policy':
      scene.trusted.policy = policies[act.pick % policies.length] ?? '';
  }
}

async function decide(
  scene: Scene,
  act: { readonly who: (typeof names)[number]; readonly pick: number; readonly decision: string },
  store: Store,
): Promise<void> {
  const asked = await store.listRequests({ open: isLikely(act.pick), limit: 100 });
  const request = asked[act.pick % Math.max(1, asked.length)]?.request;
  if (request === undefined) {
    return;
  }
  const door = scene.service(store);
  const colleague = scene.people[act.who];
  const proven = await colleague.approver.read((seen) => door.review(request, seen));
  const { signed } = await colleague.approver.decide(proven, colleague.signer, {
    decision: act.decision as 'approve',
    reason: 'because',
  });
  await door.decide(signed, 'cli');
}

function refusals(error: unknown): void {
  if (!(error instanceof RunbookError)) {
    throw error;
  }
}

/** Mostly what makes sense, or most of a short history would be refusals; now and then anything. */
function isLikely(pick: number): boolean {
  return pick % 5 !== 0;
}

async function pickRun(store: Store, pick: number): Promise<RunRow> {
  const rows = await store.listRuns({ limit: 100 });
  const open = rows.filter(({ status }) => !over.includes(status));
  const runs = isLikely(pick) && open.length > 0 ? open : rows;
  const run = runs[pick % Math.max(1, runs.length)];
  if (run === undefined) {
    throw new Stopped('there is no run');
  }
  return run;
}

const over = ['succeeded', 'failed', 'rejected', 'denied', 'cancelled'];

/** What died holds nothing: here it was this very process, which lives on. */
async function releaseHolds(store: Store): Promise<void> {
  for (const { run } of await store.listRuns({ limit: 100 })) {
    const holder = await store.getHold(run);
    if (holder !== null) {
      await store.releaseHold(run, holder);
    }
  }
}

/** Robin and kim start runs of their own, too. */
function giveAccounts(scene: Scene): void {
  scene.trusted.people = scene.trusted.people.replace(
    /name: (robin|kim),/g,
    `name: $1, os_users: [$1@${hostname().toLowerCase()}],`,
  );
}

function accountOf(name: string) {
  return { osUser: `${name}@${hostname()}` };
}

function startInput(
  { dir }: Scene,
  { shard, way }: Extract<Step['act'], { kind: 'start' }>,
): StartInput {
  const text = readFileSync(join(dir, 'runbook.yaml'), 'utf8');
  return {
    source: { name: null, file: 'runbook.yaml', dir, text, trusted: false },
    given: { shard },
    environment: null,
    reason: 'because',
    ticket: null,
    ...(way === 'grant' ? { reuse: 'again' } : {}),
    ...(way === 'glass' ? { breakGlass: 'night' } : {}),
  };
}
