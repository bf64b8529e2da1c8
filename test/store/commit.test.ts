import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock, Moment } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newNonce, newRequestId, newRunId, type RunId } from '../../src/base/ids.ts';
import { openNote } from '../../src/journal/checkpoint.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { decodeLeaf, leafHash } from '../../src/journal/leaf.ts';
import { treeRoot } from '../../src/journal/merkle.ts';
import { verifyConsistency, verifyInclusion } from '../../src/journal/proof.ts';
import type { Event } from '../../src/run/events.ts';
import type { CommitInput, Head } from '../../src/store/store.ts';
import {
  approvalRequested,
  configSet,
  decided,
  runFinished,
  runStarted,
  stepFinished,
  stepStarted,
  tokenIssued,
  tokenRevoked,
} from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

/** A clock that stands where a test puts it. */
class HandClock implements Clock {
  wallMs = Date.parse('2026-01-02T03:04:05.678Z');
  now(): Moment {
    return { wallMs: this.wallMs, monoUs: 5, boot: 'boot' };
  }
}

let clock: HandClock;
let temp: TempStore;
beforeEach(() => {
  clock = new HandClock();
  temp = openTempStore({ clock });
});
afterEach(async () => {
  await temp.remove();
});

function input(
  run: RunId | null,
  events: readonly Event[],
  more: Partial<CommitInput> = {},
): CommitInput {
  return { run, expectedVersion: null, commandId: newNonce(), events, ...more };
}

async function leaves() {
  return (await temp.store.entries(0, 1000)).map(({ bytes }) => decodeLeaf(bytes));
}

async function check(head: Head): Promise<void> {
  const key = newestKey(await temp.store.keys());
  const { checkpoint } = openNote(head.note, [key]);
  expect(checkpoint).toEqual({ origin: temp.store.origin, size: head.size, root: head.root });
}

test('a new journal begins with genesis, under a head signed with the key it names', async () => {
  const head = await temp.store.head();
  await check(head);
  expect(head).toMatchObject({ size: 1, time: '2026-01-02T03:04:05.678Z' });
  expect(temp.store.origin).toMatch(/^runbook\/[0-9a-z]{16}$/);
  const [genesis] = await leaves();
  expect(genesis).toMatchObject({
    seq: 0,
    run: null,
    cmd: 'genesis',
    type: 'log.genesis',
    origin: temp.store.origin,
    data: {
      origin: temp.store.origin,
      key: { public: newestKey(await temp.store.keys()).publicKey.toString('base64') },
    },
  });
});

describe('a commit', () => {
  test('records all its events under one signed head, each with a command id of its own', async () => {
    const run = newRunId();
    const events = [runStarted(), stepStarted(), stepFinished()];
    const committed = await temp.store.commit(
      input(run, events, { commandId: 'c', expectedVersion: 0 }),
    );
    expect(committed).toMatchObject({ first: 1, version: 3, duplicate: false });
    await check(committed.head);
    expect(await temp.store.head()).toEqual(committed.head);
    expect((await leaves()).slice(1).map(({ cmd, run: of, seq }) => [cmd, of, seq])).toEqual([
      ['c', run, 1],
      ['c.1', run, 2],
      ['c.2', run, 3],
    ]);
    const stored = await temp.store.entries(1, 4);
    expect(committed.hashes).toEqual(stored.map(({ bytes }) => leafHash(bytes).toString('hex')));
    expect(await temp.store.headAt(2)).toBeNull();
  });

  test('takes its time from the clock, inside the transaction', async () => {
    clock.wallMs += 1000;
    await temp.store.commit(input(null, [configSet()]));
    expect((await leaves()).at(-1)).toMatchObject({
      time: '2026-01-02T03:04:06.678Z',
      mono: 5,
      boot: 'boot',
    });
  });

  test('that is repeated answers what it answered first, even after others', async () => {
    const run = newRunId();
    const once = input(run, [runStarted(), stepStarted()]);
    const first = await temp.store.commit(once);
    await temp.store.commit(input(run, [stepFinished()]));
    expect(await temp.store.commit(once)).toEqual({ ...first, duplicate: true });
    expect(await temp.store.runVersion(run)).toBe(3);
  });

  test('with the same command id in another run is another commit', async () => {
    const [a, b] = [newRunId(), newRunId()];
    for (const run of [a, b, null]) {
      const events = run === null ? [configSet()] : [runStarted()];
      const committed = await temp.store.commit(input(run, events, { commandId: 'same' }));
      expect(committed.duplicate).toBe(false);
    }
  });

  test('stores the openings with it, and keeps the first salt of a commitment', async () => {
    const opening = { commitment: sha256('c'), salt: Buffer.alloc(32, 7) };
    await temp.store.commit(input(null, [configSet()], { openings: [opening] }));
    const other = { ...opening, salt: Buffer.alloc(32, 8) };
    await temp.store.commit(input(null, [configSet()], { openings: [other] }));
    expect(await temp.store.getOpening(opening.commitment)).toEqual(opening.salt);
    expect(await temp.store.getOpening(sha256('unknown'))).toBeNull();
  });
});

describe('a commit that is refused leaves no trace', () => {
  async function refused(refusal: CommitInput, code: string): Promise<void> {
    const before = await temp.store.head();
    const salt = { commitment: sha256('c'), salt: Buffer.alloc(32) };
    await expect(temp.store.commit({ ...refusal, openings: [salt] })).rejects.toMatchObject({
      code,
    });
    expect(await temp.store.head()).toEqual(before);
    expect(await temp.store.entries(before.size, before.size + 9)).toEqual([]);
    expect(await temp.store.getOpening(salt.commitment)).toBeNull();
  }

  test('where the run has moved on', async () => {
    const run = newRunId();
    await temp.store.commit(input(run, [runStarted()], { expectedVersion: 0 }));
    await refused(input(run, [stepStarted()], { expectedVersion: 0 }), 'version_changed');
  });

  test('where another configuration is in force', async () => {
    const { first } = await temp.store.commit(input(null, [configSet()]));
    const guards = { config: first };
    await temp.store.commit(input(newRunId(), [runStarted()], { guards }));
    await temp.store.commit(input(null, [configSet()]));
    await refused(input(newRunId(), [runStarted()], { guards }), 'config_changed');
  });

  test('where it is too late, from the very millisecond on', async () => {
    const guards = { beforeMs: clock.wallMs };
    await refused(input(newRunId(), [runStarted()], { guards }), 'too_late');
    clock.wallMs -= 1;
    await temp.store.commit(input(newRunId(), [runStarted()], { guards }));
  });

  test('where a token was never issued, was revoked, or has expired, from its very millisecond on', async () => {
    const guards = { tokenStands: 'one' };
    const start = () => input(newRunId(), [runStarted()], { guards });
    await refused(start(), 'token_ended');
    const expires_at = new Date(clock.wallMs + 1).toISOString();
    const issued = ['one', 'two'].map((token) => tokenIssued({ token, expires_at }));
    await temp.store.commit(input(null, issued));
    await temp.store.commit(start());
    await temp.store.commit(input(null, [tokenRevoked('two')]));
    await refused({ ...start(), guards: { tokenStands: 'two' } }, 'token_ended');
    clock.wallMs += 1;
    await refused(start(), 'token_ended');
  });

  test('where another token was issued since the tokens were looked at', async () => {
    const [newest] = await temp.store.listTokens();
    const guards = { newestToken: newest?.seq ?? -1 };
    await temp.store.commit(input(null, [tokenRevoked('two')], { guards }));
    const { first } = await temp.store.commit(input(null, [tokenIssued({ token: 'newer' })]));
    await refused(input(null, [tokenRevoked('two')], { guards }), 'token_issued');
    await temp.store.commit(input(null, [tokenRevoked('two')], { guards: { newestToken: first } }));
  });

  test('where the clock went back by more than 2 s and the caller minds', async () => {
    const guards = { steadyClock: true };
    clock.wallMs -= 2000;
    await temp.store.commit(input(newRunId(), [stepFinished()], {}));
    clock.wallMs += 2000;
    await temp.store.commit(input(newRunId(), [runStarted()], { guards }));
    clock.wallMs -= 2001;
    await refused(input(newRunId(), [runStarted()], { guards }), 'clock_backwards');
  });

  test('where it went back and an entry was written since', async () => {
    const run = newRunId();
    const guards = { steadyClock: true };
    await temp.store.commit(input(run, [runStarted()]));
    clock.wallMs -= 2001;
    await temp.store.commit(input(newRunId(), [runStarted()]));
    await refused(input(run, [stepStarted()], { guards }), 'clock_backwards');
    await temp.store.commit(input(newRunId(), [runStarted()], { guards }));
  });

  test('where the same decision has been recorded under another command', async () => {
    const [run, request] = [newRunId(), newRequestId()];
    await temp.store.commit(input(run, [runStarted(), approvalRequested(run, request)]));
    await temp.store.commit(input(run, [decided(request)]));
    await refused(input(run, [decided(request)]), 'already_recorded');
  });

  test('where the same attempt has been started under another command', async () => {
    const run = newRunId();
    await temp.store.commit(input(run, [runStarted(), stepStarted()]));
    await refused(input(run, [stepFinished(), stepStarted()]), 'already_recorded');
    await temp.store.commit(input(run, [stepStarted({ attempt: 2 })]));
  });

  test('where one of its events does not fit into an entry', async () => {
    const large = runStarted({ reason: 'x'.repeat(70_000) });
    await refused(input(newRunId(), [runStarted(), large]), 'entry_too_large');
  });

  test('where it has no events', async () => {
    await refused(input(newRunId(), []), 'commit_empty');
  });
});

test('another connection sees a commit at once, and goes on from it', async () => {
  const other = temp.open();
  const run = newRunId();
  await temp.store.commit(input(run, [runStarted()], { expectedVersion: 0 }));
  const second = await other.commit(input(run, [runFinished()], { expectedVersion: 1 }));
  expect(await temp.store.head()).toEqual(second.head);
  expect((await temp.store.loadRun(run)).map(({ seq }) => seq)).toEqual([1, 2]);
  expect((await temp.store.loadRun(run, 1)).map(({ seq }) => seq)).toEqual([2]);
  expect(await temp.store.loadRun(run, 2)).toEqual([]);
  await other.close();
});

test('a run that nobody started is unknown, and has version 0', async () => {
  const run = newRunId();
  expect(await temp.store.runVersion(run)).toBe(0);
  await expect(temp.store.loadRun(run)).rejects.toMatchObject({ code: 'run_unknown', exitCode: 2 });
});

test('every head ever signed can be shown again, and every proof holds', async () => {
  for (let count = 0; count < 20; count += 1) {
    await temp.store.commit(input(newRunId(), [runStarted()]));
  }
  const { size } = await temp.store.head();
  const hashes = (await temp.store.entries(0, size)).map(({ bytes }) => leafHash(bytes));
  for (let to = 1; to <= size; to += 1) {
    const head = await temp.store.headAt(to);
    expect(head?.root).toEqual(treeRoot(hashes.slice(0, to)));
    if (head === null) {
      continue;
    }
    await check(head);
    const leaf = hashes[to - 1] ?? Buffer.alloc(0);
    const inclusion = await temp.store.inclusionProof(to - 1, size);
    const { root } = await temp.store.head();
    verifyInclusion({ seq: to - 1, size, leafHash: leaf, proof: inclusion, root });
    const consistency = await temp.store.consistencyProof(to, size);
    verifyConsistency({
      from: to,
      to: size,
      fromRoot: head.root,
      toRoot: root,
      proof: consistency,
    });
  }
  expect(await temp.store.headAt(0)).toBeNull();
  expect(await temp.store.headAt(size + 1)).toBeNull();
});
