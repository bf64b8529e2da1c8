import { describe, expect, test } from 'vitest';
import { newNonce, newRunId, type RunId } from '../../src/base/ids.ts';
import type { Recorded } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { decided, finished, openCourt, say, started, verify } from '../audit/court.ts';
import { breakGlass, openNight } from '../support/break-glass.ts';
import { withRecoveryKey } from '../support/keys.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { forgeDecision } from './forge.ts';
import { byHand } from './journal-by-hand.ts';

/*
 * The journal's key and its database are in the wrong hands: an entry says that something was pruned, and
 * then it is. Every signature and every hash holds.
 */

const day = 86_400_000;

type Range = readonly [from: number, to: number];

async function all(scene: Scene): Promise<readonly Recorded[]> {
  return (await scene.engine().store.entries(0, 1000)).map(recordedOf);
}

/** Says that these entries were pruned, and makes them mere hashes; answers the index of the lie. */
async function pruneByLie(
  scene: Scene,
  ranges: readonly Range[],
  run: RunId = newRunId(),
): Promise<number> {
  const { store } = scene.engine();
  const { first } = await store.commit({
    run: null,
    expectedVersion: null,
    commandId: newNonce(),
    events: [
      {
        type: 'log.pruned',
        data: {
          before: Math.max(...ranges.map(([, to]) => to)),
          count: ranges.reduce((sum, [from, to]) => sum + to - from, 0),
          runs: [{ run, status: 'succeeded', ranges }],
          reason: 'retention',
          by: 'os:ana@web1',
          person: 'ana',
        },
      },
    ],
  });
  const gone = (await all(scene)).filter(({ seq }) =>
    ranges.some(([from, to]) => from <= seq && seq < to),
  );
  await scene.restart();
  byHand(scene, (db) => {
    for (const { seq, hash } of gone) {
      db.prepare(
        `insert into pruned (seq, hash, run, time, key_id, signature)
         select seq, ?, ?, '2026-01-01T00:00:00.000Z', key_id, signature from entries where seq = ?`,
      ).run(Buffer.from(hash, 'hex'), run, seq);
      for (const table of ['entries', 'events', 'requests', 'decisions', 'starts', 'debts']) {
        db.prepare(`delete from ${table} where seq = ?`).run(seq);
      }
    }
  });
  return first;
}

async function seqOf(scene: Scene, type: string): Promise<number> {
  return (await all(scene)).findLast(({ event }) => event.type === type)?.seq ?? -1;
}

async function expectFound(scene: Scene, index: number, why: RegExp): Promise<void> {
  const { findings, exit_code } = await verify(scene);
  expect(findings).toContainEqual({
    code: 'E_PRUNED',
    index,
    message: expect.stringMatching(why) as string,
  });
  expect(exit_code).toBe(14);
}

/** Kim rejected, robin approved, and it ran all the same. */
async function ranThough(): Promise<{ scene: Scene; run: RunId; rejection: number }> {
  const court = await openCourt();
  const { scene, run } = court;
  const kim = { person: 'kim', decision: 'reject', reason: 'no' } as const;
  const no = await forgeDecision(scene, scene.people.kim.signer, kim);
  const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
  await say(court, decided(court, no));
  const rejection = await seqOf(scene, 'approval.decided');
  await say(court, decided(court, signed), await started(court), finished());
  return { scene, run, rejection };
}

describe('an entry that says it was pruned', () => {
  test('cannot have been the recovery key', async () => {
    const scene = openScene({ runbook: 'name: it\nsteps: [{ id: look, run: "true" }]\n' });
    await withRecoveryKey(scene.engine().store);
    await scene.exec();
    scene.clock.shift(400 * day);
    const seq = await seqOf(scene, 'key.recovery');
    await expectFound(scene, await pruneByLie(scene, [[seq, seq + 1]]), /more than one entry/);
  });

  test('cannot have been the recovery key beside a run that may go', async () => {
    const scene = openScene({ runbook: 'name: it\nsteps: [{ id: look, run: "true" }]\n' });
    await withRecoveryKey(scene.engine().store);
    const { run } = await scene.exec();
    scene.clock.shift(400 * day);
    const seq = await seqOf(scene, 'key.recovery');
    const own = (await all(scene)).filter((entry) => entry.run === run).map((entry) => entry.seq);
    const ranges: Range[] = [
      [seq, seq + 1],
      [own[0] ?? 0, (own.at(-1) ?? 0) + 1],
    ];
    await expectFound(scene, await pruneByLie(scene, ranges, run), /before any configuration/);
  });

  test('cannot have been the configuration', async () => {
    const scene = openScene({ runbook: 'name: it\nsteps: [{ id: look, run: "true" }]\n' });
    await scene.exec();
    scene.clock.shift(400 * day);
    await expectFound(scene, await pruneByLie(scene, [[1, 2]]), /more than one entry/);
  });

  test('cannot have been a rejection in a run that stays, whoever’s it is said to be', async () => {
    for (const isNamed of [true, false]) {
      const { scene, run, rejection } = await ranThough();
      expect((await verify(scene)).findings.map(({ code }) => code)).toContain('E_REJECTED');
      scene.clock.shift(400 * day);
      const range: Range = [rejection, rejection + 1];
      const lie = await pruneByLie(scene, [range], isNamed ? run : newRunId());
      await expectFound(scene, lie, /more than one entry/);
    }
  });

  test('cannot have been part of a run that stays', async () => {
    const { scene, run, rejection } = await ranThough();
    scene.clock.shift(400 * day);
    const lie = await pruneByLie(scene, [[rejection, rejection + 2]], run);
    await expectFound(scene, lie, /entry \d+ of it stays/);
  });

  test('cannot have been a break-glass run of the day before yesterday', async () => {
    const scene = openNight();
    await breakGlass(scene);
    scene.clock.shift(2 * day);
    expect((await verify(scene)).findings.map(({ code }) => code)).toEqual(['E_BREAK_GLASS']);
    const own = (await all(scene)).filter(({ run }) => run !== null);
    const [first, last] = [own[0]?.seq ?? 0, own.at(-1)?.seq ?? 0];
    const run = own[0]?.run ?? newRunId();
    await expectFound(scene, await pruneByLie(scene, [[first, last + 1]], run), /less than 30d/);
  });
});

test('a rejection that is said to be pruned lets its run go no further', async () => {
  const court = await openCourt();
  const { scene, run } = court;
  await scene.decide(scene.people.robin, 'reject');
  const seq = await seqOf(scene, 'approval.decided');
  await pruneByLie(scene, [[seq, seq + 1]], run);
  await expect(scene.resume(run)).rejects.toMatchObject({ code: 'E_SEQ' });
  expect(await seqOf(scene, 'step.started')).toBe(-1);
});

test('how many entries are known by their hashes alone, the verdicts say', async () => {
  const scene = openScene({ runbook: 'name: it\nsteps: [{ id: look, run: "true" }]\n' });
  await scene.exec();
  scene.clock.shift(400 * day);
  const beforeMs = scene.clock.now().wallMs - 31 * day;
  const { entries } = await scene.service().prune({ beforeMs, reason: 'old', dryRun: false });
  const { verdicts, exit_code } = await verify(scene);
  expect(exit_code).toBe(0);
  for (const { anchor } of verdicts.filter(({ name }) => /integrity|authorization/.test(name))) {
    expect(anchor).toContain(`entries known by their hashes alone: ${entries}`);
  }
});
