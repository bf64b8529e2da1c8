import { describe, expect, test } from 'vitest';
import { formatCheckpoint } from '../../src/journal/checkpoint.ts';
import { signCosignature } from '../../src/journal/cosignature.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import type { RemoteCopy } from '../../src/run/remote-copy.ts';
import {
  type Court,
  decided,
  expectFinding,
  finished,
  openCourt,
  say,
  started,
  verify,
} from '../audit/court.ts';
import { aSigner } from '../support/signer.ts';
import { forgeDecision } from './forge.ts';

const policy = 'floor: { remote: { required: 1, within: 5s } }';
const witness = aSigner('w.example/w1', 2);
const key = formatVerifierKey(witness.name, witness.publicKey, 'cosignature');
const config = `sinks:
  vault: { kind: mirror, url: "https://example.com/" }
  office: { kind: witness, url: "https://example.com/", key: "${key}" }
  again: { kind: mirror, url: "https://example.org/", key: "${key}" }
  bucket: { kind: s3, endpoint: "https://s3.example.com", bucket: acme }
  folder: { kind: s3, endpoint: "https://S3.example.com:443/", bucket: acme, prefix: other }
  disk: { kind: file, path: /tmp/copy }
`;

/** A granted start, honestly asked for and approved; how it ended is the thief's to say. */
async function aStart(text = policy): Promise<Court> {
  const court = await openCourt({ policy: text, config });
  const { robin } = court.scene.people;
  const signed = await forgeDecision(court.scene, robin.signer, { person: 'robin' });
  await say(court, decided(court, signed));
  await say(court, await started(court));
  return court;
}

/** The journal's head as it stands now, as a sink would have acknowledged it. */
async function aCopy({ scene }: Court, more: Partial<RemoteCopy> = {}): Promise<RemoteCopy> {
  const { size, root } = await scene.engine().store.head();
  return {
    sink: 'vault',
    kind: 'copy',
    size,
    root: root.toString('base64'),
    evidence: null,
    ...more,
  };
}

/** As the witness signed it, so many seconds from now. */
async function cosigned(court: Court, inSeconds = 0): Promise<RemoteCopy> {
  const { store } = court.scene.engine();
  const { size, root } = await store.head();
  const body = formatCheckpoint({ origin: store.origin, size, root });
  const evidence = signCosignature(body, witness, Math.floor(Date.now() / 1000) + inSeconds);
  return aCopy(court, { sink: 'office', kind: 'cosignature', evidence });
}

async function authorizationOf({ scene }: Court): Promise<string> {
  const { verdicts } = await verify(scene);
  return verdicts.find(({ name }) => name === 'authorization')?.anchor ?? '';
}

describe('a start that copies were demanded for', () => {
  test('and that ran without any is found', async () => {
    const court = await aStart();
    await say(court, finished());
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test.each<readonly [string, Partial<RemoteCopy>]>([
    ['a sink that the configuration then in force does not name', { sink: 'nowhere' }],
    ['a file on the same machine', { sink: 'disk' }],
    ['a head from before the start', { size: 1 }],
    ['another root', { root: Buffer.alloc(32, 1).toString('base64') }],
    ['a head that the journal did not have yet', { size: 999 }],
    [
      'a cosignature that nobody gave',
      { sink: 'office', kind: 'cosignature', evidence: '— x y\n' },
    ],
  ])('and that names %s is found', async (_what, lie) => {
    const court = await aStart();
    await say(court, finished({ remote: [await aCopy(court, lie)] }));
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test("and that shows a cosignature of another witness's key is found", async () => {
    const court = await aStart();
    const stranger = aSigner(witness.name, 3);
    const { store } = court.scene.engine();
    const { size, root } = await store.head();
    const body = formatCheckpoint({ origin: store.origin, size, root });
    const evidence = signCosignature(body, stranger, 1);
    const copy = await aCopy(court, { sink: 'office', kind: 'cosignature', evidence });
    await say(court, finished({ remote: [copy] }));
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test('by two is not satisfied by one that is named twice', async () => {
    const court = await aStart('floor: { remote: { required: 2 } }');
    const copy = await aCopy(court);
    await say(court, finished({ remote: [copy, copy] }));
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test.each([
    ['a witness', 'office', 'again'],
    ['a bucket', 'bucket', 'folder'],
  ])('by two is not satisfied by %s that has two names', async (_what, one, other) => {
    const court = await aStart('floor: { remote: { required: 2 } }');
    const copy = one === 'office' ? await cosigned(court) : await aCopy(court);
    await say(
      court,
      finished({
        remote: [
          { ...copy, sink: one },
          { ...copy, sink: other },
        ],
      }),
    );
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test('and that names a cosigner without what it signed is found', async () => {
    const court = await aStart();
    await say(court, finished({ remote: [await aCopy(court, { sink: 'office' })] }));
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test.each([
    ['a month after it', 30 * 86_400],
    ['ten minutes after it', 600],
    ['an hour before it', -3600],
  ])('and that shows a cosignature from %s is found', async (_what, inSeconds) => {
    const court = await aStart();
    await say(court, finished({ remote: [await cosigned(court, inSeconds)] }));
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test('and that was cosigned by a clock a little off stands', async () => {
    const court = await aStart();
    await say(court, finished({ remote: [await cosigned(court, 240)] }));
    expect((await verify(court.scene)).findings).toEqual([]);
  });

  test('and that the run left behind without an end is found', async () => {
    const court = await aStart();
    await say(court, { type: 'run.finished', data: { status: 'succeeded', exit_code: 0 } });
    const { findings } = await verify(court.scene);
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: 'E_REMOTE',
        message: expect.stringContaining('the run goes on') as unknown,
      }),
    );
  });

  test.each([
    ['runs still', false],
    ['whose process went away', true],
  ])('and that %s names no copy, and that is said', async (_what, isGone) => {
    const court = await aStart();
    if (isGone) {
      const data = { step: 'restart', attempt: 1, why: 'gone' };
      await say(court, { type: 'step.unknown', data });
    }
    expect((await verify(court.scene)).findings).toEqual([]);
    expect(await authorizationOf(court)).toContain(
      'copies were demanded for: 1, 1 of no known end that name no copy',
    );
  });

  test('and whose end came late is held to it, too', async () => {
    const court = await aStart();
    await say(court, { type: 'step.unknown', data: { step: 'restart', attempt: 1, why: 'gone' } });
    const late = finished();
    if (late.type === 'step.finished') {
      await say(court, { type: 'step.late', data: late.data });
    }
    await expectFinding(court.scene, 'E_REMOTE', 'authorization');
  });

  test('and that never came to a spawn owes none', async () => {
    const court = await aStart();
    await say(court, finished({ outcome: 'failed', failure: 'start', reason: 'no copies' }));
    expect((await verify(court.scene)).findings).toEqual([]);
  });

  test('and that they acknowledged stands, and what is only their recorded word is said', async () => {
    const court = await aStart();
    await say(court, finished({ remote: [await aCopy(court)] }));
    expect((await verify(court.scene)).findings).toEqual([]);
    expect(await authorizationOf(court)).toContain(
      'starts that copies were demanded for: 1, 1 on recorded word alone',
    );
  });

  test('and that a witness cosigned rests on nobody else', async () => {
    const court = await aStart();
    await say(court, finished({ remote: [await cosigned(court)] }));
    expect((await verify(court.scene)).findings).toEqual([]);
    expect(await authorizationOf(court)).toMatch(/copies were demanded for: 1$/);
  });

  test('under a policy that demands nothing owes none', async () => {
    const court = await aStart('');
    await say(court, finished());
    expect((await verify(court.scene)).findings).toEqual([]);
    expect(await authorizationOf(court)).not.toContain('copies');
  });
});
