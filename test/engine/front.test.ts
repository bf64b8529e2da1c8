import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../src/base/ids.ts';
import { openChat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { openScene } from '../support/scene.ts';
import { staff } from '../support/staff.ts';

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: "true"
`;

/** A server under an account of its own, with a chat, and a run that waits. */
async function waitingRun() {
  const scene = openScene({ runbook: gated, account: 'runbook@here' });
  const chat = openChat();
  const served = staff(scene, { engine: { receptions: [chat.reception] } });
  const run = await served.start();
  await served.settled(run, 'waiting');
  const front = await chat.front();
  return { scene, chat, served, run, front };
}

describe('what a reception sees', { timeout: 60_000 }, () => {
  test('is every open request, each as it stands', async () => {
    const { front, run, served, chat } = await waitingRun();
    const second = await served.start();
    await served.settled(second, 'waiting');
    const open = await front.open();
    expect(open).toEqual([...(await front.requestsOf(run)), ...(await front.requestsOf(second))]);
    const [request] = open;
    const standing = request === undefined ? null : await front.look(request);
    expect(standing).toMatchObject({ state: 'pending', decisions: [], outcome: null });
    expect(await front.find(standing?.hash as Sha256)).toBe(request);
    expect(await front.find('0'.repeat(64) as Sha256)).toBeNull();
    await chat.click(run, 'ROBIN', 'approve');
    await served.settled(run, 'succeeded');
    expect(await front.open()).toEqual(await front.requestsOf(second));
    expect(await front.look(open[0] as never)).toMatchObject({
      state: 'claimed',
      outcome: 'succeeded',
      decisions: [
        {
          person: 'robin',
          decision: 'approve',
          assurance: 'A1',
          channel: 'slack',
          identity: 'slack:T0TEAM/U0ROBIN',
        },
      ],
    });
  });

  test('is every entry in one line, with its runbook and environment', async () => {
    const { front, run } = await waitingRun();
    const entries = await front.entries(0, 1000);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index));
    expect(entries.find(({ type }) => type === 'config.set')).toMatchObject({
      run: null,
      runbook: null,
      environment: null,
    });
    const asked = entries.find(({ type }) => type === 'approval.requested');
    expect(asked).toMatchObject({ run, runbook: 'gated', environment: 'local' });
    expect(asked?.summary).toContain('restart: ');
    expect(await front.entries(2, 1)).toEqual([entries[2]]);
  });

  test('is what was noted under its own name', async () => {
    const { front, served } = await waitingRun();
    await front.notes.put('card', '1');
    await served.office.notes('other').put('card', '2');
    expect(await front.notes.get('card')).toBe('1');
    expect(await front.notes.list()).toEqual([{ key: 'card', value: '1' }]);
    await front.notes.put('card', null);
    expect(await front.notes.get('card')).toBeNull();
  });
});

describe('what a reception hands in', { timeout: 60_000 }, () => {
  test('is answered in words, whether it counts or not', async () => {
    const { chat, run, served } = await waitingRun();
    expect(await chat.click(run, 'ANA', 'approve')).toMatchObject({
      accepted: false,
      code: 'self_approval',
    });
    const answer = await chat.click(run, 'ROBIN', 'approve');
    expect(answer).toEqual({
      accepted: true,
      code: 'recorded',
      message: 'approve by robin recorded (A1)',
      hint: null,
      decided: { person: 'robin', assurance: 'A1', missing: [] },
    });
    await served.settled(run, 'succeeded');
    expect(await chat.click(run, 'KIM', 'approve')).toMatchObject({ accepted: false });
  });

  test('moves the run at once', async () => {
    const { chat, run, served } = await waitingRun();
    await chat.click(run, 'ROBIN', 'reject');
    await eventually(async () => (await served.door.status(run)).terminal).toBe(true);
    expect(await served.door.status(run)).toMatchObject({ status: 'rejected', exit_code: 11 });
  });

  test('counts for nothing where the request is not known', async () => {
    const { front } = await waitingRun();
    const answer = await front.attest({
      request: '0'.repeat(64) as Sha256,
      decision: 'approve',
      reason: null,
      identity: 'slack:T0TEAM/U0ROBIN',
      matchedBy: null,
      event: 'slack:1',
      raw: Buffer.from('{}'),
    });
    expect(answer).toMatchObject({ accepted: false, code: 'request_unknown' });
  });

  test('passes over what was pruned: as many entries come as are there', async () => {
    const { scene, front, run, chat, served } = await waitingRun();
    await chat.click(run, 'ROBIN', 'approve');
    await served.settled(run, 'succeeded');
    const { store } = scene.engine();
    const own = (await store.loadRun(run)).map(({ seq }) => seq);
    const day = 86_400_000;
    scene.clock.shift(40 * day);
    const beforeMs = scene.clock.now().wallMs - 31 * day;
    await scene.service().prune({ beforeMs, reason: 'old', dryRun: false });
    const [first = 0] = own;
    const [next] = await front.entries(first, 1);
    expect(next).toMatchObject({ type: 'log.pruned' });
    const all = await front.entries(0, 1000);
    expect(all.map(({ seq }) => seq).filter((seq) => own.includes(seq))).toEqual([]);
  });
});
