import { describe, expect, test } from 'vitest';
import { newNonce } from '../../src/base/ids.ts';
import type { StepStarted } from '../../src/run/events.ts';
import { expectFinding, finished, say, verify } from '../audit/court.ts';
import { forgetHolds } from '../crash/crash-at.ts';
import { crashingStore, Stopped } from '../support/crashing-store.ts';
import { driving, type Scene } from '../support/scene.ts';
import { lendShards, openShards, ranIn, startShard, startsIn } from '../support/shards.ts';
import { byHand } from './journal-by-hand.ts';

type Granted = Extract<StepStarted['permit'], { kind: 'grant' }>;

/** A second run waits at its gate; whoever holds the journal's key writes a start under the first one's approval. */
async function forgeLent(
  scene: Scene,
  changes: { readonly data?: Partial<StepStarted>; readonly permit?: Partial<Granted> },
): Promise<void> {
  const honest = startsIn(scene).at(-1);
  const permit = honest?.permit;
  if (honest === undefined || permit?.kind !== 'grant') {
    throw new Error('there is no honest start to forge after');
  }
  const { run } = await startShard(scene, { shard: 9 });
  const config = await scene.engine().store.latestConfig();
  const now = new Date(scene.clock.now().wallMs).toISOString();
  const data: StepStarted = {
    ...honest,
    token: newNonce(),
    permit: {
      ...permit,
      use: permit.use + 1,
      evaluation: { ...permit.evaluation, now, config: config?.seq ?? 0 },
      ...changes.permit,
    },
    ...changes.data,
  };
  await say({ scene, run }, { type: 'step.started', data }, finished());
}

async function lentTwice(): Promise<Scene> {
  const scene = openShards();
  await lendShards(scene);
  expect((await startShard(scene, { shard: 5 })).status).toBe('succeeded');
  return scene;
}

describe('the audit names a stretched grant', () => {
  test('whose holes hold what this run was not started with', async () => {
    const scene = await lentTwice();
    await forgeLent(scene, {});
    await expectFinding(scene, 'E_GRANT_STRETCHED', 'authorization');
  });

  test('of a request that no run asked', async () => {
    const scene = await lentTwice();
    await forgeLent(scene, { permit: { request: 'nosuchrequest000' as Granted['request'] } });
    await expectFinding(scene, 'E_GRANT_STRETCHED', 'authorization');
  });

  test('used a number of times that nobody allowed', async () => {
    const scene = openShards();
    await lendShards(scene);
    await startShard(scene, { shard: 5 });
    await startShard(scene, { shard: 6 });
    await forgeLent(scene, {});
    await expectFinding(scene, 'E_GRANT_STRETCHED', 'authorization');
  });

  test('after it was ended', async () => {
    const scene = await lentTwice();
    const [grant] = await scene.service().grants(false);
    await scene.service().revokeGrant(grant?.request ?? '', null);
    await forgeLent(scene, {});
    await expectFinding(scene, 'E_GRANT_STRETCHED', 'authorization');
  });

  test('after its time', async () => {
    const scene = await lentTwice();
    scene.clock.shift(21 * 60_000);
    await forgeLent(scene, {});
    await expectFinding(scene, 'E_GRANT_STRETCHED', 'authorization');
  });
});

describe('rows written by hand make no grant', () => {
  test('of an ordinary approval', async () => {
    const scene = openShards();
    const { run } = await startShard(scene, { shard: 1 });
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    byHand(scene, (db) => {
      db.exec(`insert into reusable (request, run, runbook, source, step, environment, rule, max_uses, for_ms, created, seq)
        select r.request, r.run, r.runbook, json_extract(cast(e.bytes as text), '$.data.runbook.source'), r.step,
          r.environment, 'shards', 9, 9999999, r.created, r.seq
        from requests r join entries e on e.seq = r.seq`);
    });
    expect((await startShard(scene, { shard: 1 })).status).toBe('waiting');
    expect(ranIn(scene)).toBe('1\n');
  });

  test('with its uses taken away, and the audit says so', async () => {
    const scene = await lentTwice();
    byHand(scene, (db) => db.exec('delete from reuses'));
    expect((await startShard(scene, { shard: 6 })).status).toBe('waiting');
    await expectFinding(scene, 'E_INDEX', 'integrity');
  });

  test('with its end forgotten, and the audit says so', async () => {
    const scene = await lentTwice();
    const [grant] = await scene.service().grants(false);
    await scene.service().revokeGrant(grant?.request ?? '', null);
    byHand(scene, (db) => db.exec('update reusable set revoked = null'));
    expect((await startShard(scene, { shard: 6 })).status).toBe('waiting');
    await expectFinding(scene, 'E_INDEX', 'integrity');
  });

  test('with more uses and time than were approved', async () => {
    const scene = await lentTwice();
    byHand(scene, (db) => db.exec('update reusable set max_uses = 99, for_ms = 99999999'));
    expect((await startShard(scene, { shard: 6 })).status).toBe('succeeded');
    expect((await startShard(scene, { shard: 7 })).status).toBe('waiting');
  });
});

test('stopped at any commit of a run that uses a grant, no use is spent twice', async () => {
  for (let commit = 1; ; commit += 1) {
    const scene = openShards();
    await lendShards(scene);
    const store = scene.openStore();
    let stopped = false;
    try {
      await startShard(
        scene,
        { shard: 5 },
        { by: scene.service(crashingStore(store, { commit, when: 'after' })) },
      );
    } catch (error) {
      expect(error).toBeInstanceOf(Stopped);
      stopped = true;
    }
    await store.close();
    await forgetHolds(scene.engine().store);
    const [latest] = await scene.service().runs(1);
    await scene.service().drive(latest?.run ?? ('' as never), driving(scene));
    await startShard(scene, { shard: 6 });
    const { findings } = await verify(scene);
    expect([commit, findings]).toEqual([commit, []]);
    expect(ranIn(scene).split('\n').length).toBeLessThanOrEqual(4);
    if (!stopped) {
      return;
    }
  }
}, 60_000);
