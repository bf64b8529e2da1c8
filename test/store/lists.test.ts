import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestWords } from '../../src/base/digest.ts';
import {
  newNonce,
  newRequestId,
  newRunId,
  type RequestId,
  type RunId,
} from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import type { Committed } from '../../src/store/store.ts';
import {
  approvalRequested,
  configSet,
  decided,
  expired,
  runFinished,
  runResumed,
  runStarted,
  stepFinished,
  stepStarted,
  stepUnknown,
} from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
let run: RunId;
let request: RequestId;
beforeEach(() => {
  temp = openTempStore();
  run = newRunId();
  request = newRequestId();
});
afterEach(async () => {
  await temp.remove();
});

function commit(of: RunId | null, ...events: readonly Event[]): Promise<Committed> {
  return temp.store.commit({ run: of, expectedVersion: null, commandId: newNonce(), events });
}

describe('the list of runs', () => {
  test('shows what was started where and by whom, newest first', async () => {
    await commit(run, runStarted());
    const later = newRunId();
    await commit(later, runStarted({ environment: 'demo' }));
    const runs = await temp.store.listRuns({ limit: 5 });
    expect(runs.map((row) => [row.run, row.environment, row.first])).toEqual([
      [later, 'demo', 2],
      [run, 'prod', 1],
    ]);
    expect(runs[1]).toMatchObject({ runbook: 'deploy', caller: 'os:ana@web1', status: 'running' });
    expect(await temp.store.listRuns({ limit: 1 })).toHaveLength(1);
  });

  test('follows the status of a run', async () => {
    const seen: string[] = [];
    const steps: readonly Event[] = [
      runStarted(),
      approvalRequested(run, request),
      decided(request),
      stepStarted({ request }),
      stepUnknown(),
      runResumed(),
      approvalRequested(run),
      expired(request),
      runFinished('rejected'),
    ];
    for (const event of steps) {
      await commit(run, event);
      seen.push((await temp.store.listRuns({ limit: 1 }))[0]?.status ?? '');
    }
    expect(seen.join(' ')).toBe(
      'running waiting waiting running unknown running waiting expired rejected',
    );
  });

  test('keeps those of the API that have not ended apart, oldest first, for a server', async () => {
    const [first, second] = [newRunId(), newRunId()];
    await commit(run, runStarted());
    await commit(first, runStarted({ via: 'api' }));
    await commit(second, runStarted({ via: 'api' }), approvalRequested(second));
    const served = await temp.store.listServed();
    expect(served.map((row) => [row.run, row.via, row.status])).toEqual([
      [first, 'api', 'running'],
      [second, 'api', 'waiting'],
    ]);
    await commit(first, stepUnknown());
    expect(await temp.store.listServed()).toHaveLength(2);
    await commit(first, runFinished('rejected'));
    expect((await temp.store.listServed()).map((row) => row.run)).toEqual([second]);
  });

  test('can be of one caller alone, and so can the list of requests', async () => {
    await commit(run, runStarted(), approvalRequested(run, request));
    expect(await temp.store.listRuns({ limit: 5, caller: 'os:ana@web1' })).toHaveLength(1);
    expect(await temp.store.listRuns({ limit: 5, caller: 'token:another' })).toEqual([]);
    const of = (caller: string) => temp.store.listRequests({ open: true, limit: 5, caller });
    expect((await of('os:ana@web1')).map((row) => row.request)).toEqual([request]);
    expect(await of('token:another')).toEqual([]);
  });

  test('keeps those of this machine that somebody resumed or cancelled apart', async () => {
    const [resumed, ended] = [newRunId(), newRunId()];
    await commit(run, runStarted());
    await commit(resumed, runStarted(), runResumed());
    await commit(ended, runStarted(), runResumed(), runFinished('rejected'));
    await commit(newRunId(), runStarted({ via: 'api' }), runResumed());
    expect((await temp.store.listMoved()).map((row) => row.run)).toEqual([resumed]);
  });

  test('finds runs by the beginning of their id, taken literally', async () => {
    await commit(run, runStarted());
    await commit(newRunId(), runStarted());
    expect((await temp.store.findRuns(run.slice(0, 12))).map((row) => row.run)).toEqual([run]);
    expect(await temp.store.findRuns('')).toHaveLength(2);
    expect(await temp.store.findRuns('%')).toEqual([]);
    expect(await temp.store.findRuns(`${run}x`)).toEqual([]);
  });
});

describe('the list of requests', () => {
  async function isOpen(): Promise<boolean> {
    const open = await temp.store.listRequests({ open: true, limit: 9 });
    return open.some((row) => row.request === request);
  }

  test('shows a request with the words of its leaf, and finds it by id, words and hash', async () => {
    const { hashes } = await commit(run, runStarted(), approvalRequested(run, request));
    const hash = hashes[1] ?? hashes[0];
    if (hash === undefined) {
      throw new Error('no hash');
    }
    const [row] = await temp.store.listRequests({ open: true, limit: 9 });
    expect(row).toEqual({
      request,
      run,
      runbook: 'deploy',
      step: 'restart',
      environment: 'prod',
      words: digestWords(hash),
      seq: 2,
      created: '2026-01-02T03:04:05.678Z',
      pending_until: '2026-01-02T03:34:05.678Z',
    });
    expect(await temp.store.findRequests(request.slice(0, 8))).toEqual([row]);
    expect(await temp.store.findRequests(digestWords(hash).slice(0, -9))).toEqual([row]);
    expect(await temp.store.requestByHash(hash)).toEqual(row);
    expect(await temp.store.findRequests('nothing')).toEqual([]);
  });

  test.each<[string, () => readonly Event[], boolean]>([
    ['stays open while it is only approved', () => [decided(request)], true],
    ['closes when it is rejected', () => [decided(request, 'reject')], false],
    ['stays open when an approval is revoked', () => [decided(request, 'revoke')], true],
    ['closes when it expires', () => [expired(request)], false],
    [
      'closes when it is superseded',
      () => [{ type: 'approval.superseded', data: { request, changes: [] } }],
      false,
    ],
    ['closes when it is claimed', () => [stepStarted({ request })], false],
    ['stays open when another step starts', () => [stepStarted({ step: 'other' })], true],
    ['closes with its run', () => [runFinished()], false],
  ])('%s', async (_title, events, open) => {
    await commit(run, runStarted(), approvalRequested(run, request));
    expect(await isOpen()).toBe(true);
    await commit(run, ...events());
    expect(await isOpen()).toBe(open);
    expect(await temp.store.listRequests({ open: false, limit: 9 })).toHaveLength(1);
  });
});

test('the newest configuration is the one in force', async () => {
  expect(await temp.store.latestConfig()).toBeNull();
  await commit(null, configSet('os:ana@web1'));
  await commit(run, runStarted());
  const { first } = await commit(null, configSet('os:bo@web1'));
  await commit(run, stepStarted());
  expect((await temp.store.latestConfig())?.seq).toBe(first);
});

test('the previous start is the last one under a grant, of the same step, runbook and environment', async () => {
  await commit(run, runStarted(), stepStarted({ request }));
  const elsewhere = newRunId();
  await commit(elsewhere, runStarted({ environment: 'demo' }), stepStarted({ request }));
  const later = newRunId();
  await commit(later, runStarted(), stepStarted(), stepFinished());
  const query = { runbook: 'deploy', step: 'restart', environment: 'prod', before: 99 };
  expect((await temp.store.previousStart(query))?.seq).toBe(2);
  expect(await temp.store.previousStart({ ...query, before: 2 })).toBeNull();
  expect(await temp.store.previousStart({ ...query, step: 'other' })).toBeNull();
});
