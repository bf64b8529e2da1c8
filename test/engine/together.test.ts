import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunReport } from '../../src/engine/reports.ts';
import { type Colleague, openScene, type Scene } from '../support/scene.ts';

const move = `
name: move-leader
approvals: together
steps:
  - id: find
    run: cat leader.txt
    outputs:
      leader: { value: stdout, type: string, enum: [a, b, c] }
  - id: drain
    privileged: true
    run: echo drained
  - id: restart
    privileged: true
    exec: [echo, restarting, "\${{ steps.find.outputs.leader }}"]
`;

const scene = (runbook: string, more: Partial<Parameters<typeof openScene>[0]> = {}): Scene =>
  openScene({ runbook, ...more, files: { 'leader.txt': 'b', ...more.files } });

const statuses = ({ steps }: RunReport): readonly string[] =>
  steps.map(({ id, status }) => `${id} ${status}`);

async function findings(on: Scene): Promise<unknown> {
  const report = await on.service().verify({
    receipts: [],
    pins: on.people.robin.approver.pins(),
    progress: () => undefined,
  });
  return report.findings;
}

/** A signed decision on the run's newest request, while others are open beside it. */
async function decideOnLast(
  on: Scene,
  who: Colleague,
  decision: 'approve' | 'reject' = 'approve',
): Promise<void> {
  const request = await lastRequest(on);
  const door = on.service();
  const proven = await who.approver.read((seen) => door.review(request, seen));
  const { signed } = await who.approver.decide(proven, who.signer, {
    decision,
    reason: 'so be it',
  });
  await door.decide(signed, 'cli');
}

async function lastRequest(on: Scene): Promise<string> {
  const { requests } = await on.service().status(null);
  return requests.at(-1)?.request ?? '';
}

describe('approvals that are asked together', () => {
  test('stop a run before anything happens, and one decision lets all of it through', async () => {
    const on = scene(move);
    const waiting = await on.exec();
    expect(waiting).toMatchObject({ status: 'waiting', exit_code: 10 });
    expect(on.output.text).toBe('');
    const { content } = await on.open();
    expect(content).toMatchObject({ step: 'drain', grant: { uses: 2 }, supersedes: null });
    expect(content.commands).toMatchObject([
      { step: 'drain', uses: 1 },
      {
        step: 'restart',
        uses: 1,
        holes: [{ name: 'steps.find.outputs.leader', type: 'string', enum: ['a', 'b', 'c'] }],
      },
    ]);
    expect(content.commands[0]).not.toHaveProperty('holes');

    await on.decide(on.people.robin, 'approve');
    const done = await on.resume(waiting.run);
    expect(statuses(done)).toEqual(['find succeeded', 'drain succeeded', 'restart succeeded']);
    expect(on.output.text).toBe('bdrained\nrestarting b\n');
    const starts = on.entries.flatMap(({ event }) =>
      event.type === 'step.started' && event.data.permit.kind === 'grant' ? event.data : [],
    );
    expect(starts.map(({ step, permit }) => [step, permit])).toMatchObject([
      ['drain', { request: content.id, use: 1 }],
      ['restart', { request: content.id, use: 1, holes: { 'steps.find.outputs.leader': 'b' } }],
    ]);
    expect(starts[1]?.command).not.toBe(content.commands[1]?.command);
    expect(await findings(on)).toEqual([]);
  });

  test('end before anything happened where one person says no', async () => {
    const on = scene(move);
    const waiting = await on.exec();
    await on.decide(on.people.robin, 'reject', 'not today');
    const done = await on.resume(waiting.run);
    expect(done).toMatchObject({ status: 'rejected', exit_code: 11 });
    expect(on.output.text).toBe('');
    expect(await findings(on)).toEqual([]);
  });

  test('are asked anew together where they expired before anything ran', async () => {
    const on = scene(move);
    const waiting = await on.exec();
    on.clock.shift(31 * 60_000);
    const expired = await on.resume(waiting.run);
    expect(expired).toMatchObject({ status: 'waiting' });
    const { content } = await on.open();
    expect(content.commands).toHaveLength(2);
    await on.decide(on.people.robin, 'approve');
    expect(await on.resume(waiting.run)).toMatchObject({ status: 'succeeded' });
    expect(await findings(on)).toEqual([]);
  });

  test('fail the step that gives a value outside of what it declares', async () => {
    const on = scene(move, { files: { 'leader.txt': 'd' } });
    const waiting = await on.exec();
    await on.decide(on.people.robin, 'approve');
    const done = await on.resume(waiting.run);
    expect(done).toMatchObject({ status: 'failed', exit_code: 1 });
    expect(statuses(done)).toEqual(['find failed', 'drain skipped', 'restart skipped']);
  });

  test('ask a step whose command changed anew, alone, and keep the others', async () => {
    const on = scene(
      `
name: copy
approvals: together
steps:
  - { id: one, privileged: true, files: [one.txt], run: cat one.txt }
  - { id: two, privileged: true, files: [two.txt], run: cat two.txt }
  - { id: three, privileged: true, run: echo three }
`,
      { files: { 'one.txt': '1\n', 'two.txt': '2\n' } },
    );
    const waiting = await on.exec();
    const together = (await on.open()).content;
    await on.decide(on.people.robin, 'approve');
    writeFileSync(join(on.dir, 'two.txt'), 'two\n');
    const again = await on.resume(waiting.run);
    expect(statuses(again)).toEqual(['one succeeded', 'two waiting', 'three pending']);
    const { content } = await on.open();
    expect(content.commands.map(({ step }) => step)).toEqual(['two']);
    expect(content.supersedes).toMatchObject({ request: together.id });
    expect(on.entries.map(({ event }) => event.type)).not.toContain('approval.superseded');
    await on.decide(on.people.kim, 'approve');
    const done = await on.resume(waiting.run);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(on.output.text).toBe('1\ntwo\nthree\n');
    expect(await findings(on)).toEqual([]);
  });

  test('let each step start as often as it may itself', async () => {
    const on = scene(`
name: twice
approvals: together
steps:
  - { id: one, privileged: true, retry: { attempts: 3, delay: 1ms }, run: 'echo one; test -e ok || { touch ok; exit 1; }' }
  - { id: two, privileged: true, run: exit 1, continue_on_error: true }
`);
    const waiting = await on.exec();
    expect((await on.open()).content).toMatchObject({ grant: { uses: 4 } });
    await on.decide(on.people.robin, 'approve');
    const done = await on.resume(waiting.run);
    expect(statuses(done)).toEqual(['one succeeded', 'two tolerated']);
    const uses = on.entries.flatMap(({ event }) =>
      event.type === 'step.started' && event.data.permit.kind === 'grant'
        ? `${event.data.step} ${event.data.permit.use}`
        : [],
    );
    expect(uses).toEqual(['one 1', 'one 2', 'two 1']);
    expect(await findings(on)).toEqual([]);
  });

  test('leave a step with a computed value to its own point', async () => {
    const on = scene(`${move}
  - id: tell
    privileged: true
    exec: [echo, "\${{ steps.find.outputs.leader + '!' }}"]
`);
    const waiting = await on.exec();
    expect((await on.open()).content.commands.map(({ step }) => step)).toEqual([
      'drain',
      'restart',
    ]);
    await on.decide(on.people.robin, 'approve');
    const second = await on.resume(waiting.run);
    expect(second).toMatchObject({ status: 'waiting' });
    const { content } = await on.open();
    expect(content).toMatchObject({ step: 'tell', supersedes: null });
    await on.decide(on.people.robin, 'approve');
    expect(await on.resume(waiting.run)).toMatchObject({ status: 'succeeded' });
    expect(await findings(on)).toEqual([]);
  });

  test('of a single step are the ordinary ones', async () => {
    const on = scene(`
name: one
approvals: together
steps:
  - { id: look, run: echo looking }
  - { id: act, privileged: true, run: echo acting }
`);
    await on.exec();
    expect(on.output.text).toBe('looking\n');
    expect((await on.open()).content.commands).toHaveLength(1);
  });

  test('need the people of every step, each slot once', async () => {
    const on = scene(move, {
      policy: `
rules:
  - name: peers
    require: { approvals: [{ id: peer, from: [group:sre] }] }
  - name: data
    when: step.id == "restart"
    require: { approvals: [{ id: owner, from: [group:data] }] }
`,
    });
    const waiting = await on.exec();
    const { content } = await on.open();
    expect(content.policy.slots.map(({ id }) => id)).toEqual(['peers/peer', 'data/owner']);
    expect(content.policy.evaluation.matched).toEqual(['peers', 'data']);
    await on.decide(on.people.robin, 'approve');
    expect(await on.resume(waiting.run)).toMatchObject({ status: 'waiting' });
    expect(on.output.text).toBe('');
    await on.decide(on.people.kim, 'approve');
    expect(await on.resume(waiting.run)).toMatchObject({ status: 'succeeded' });
    expect(await findings(on)).toEqual([]);
  });

  test('ask after the others for a step whose approver must not have approved another one', async () => {
    const on = scene(move, {
      policy: `
rules:
  - name: fresh eyes
    when: step.id == "restart"
    require: { approvals: [{ id: eyes, from: ["*"] }], exclude: [earlier_approver] }
`,
    });
    const { run } = await on.exec();
    expect((await on.open()).content.commands).toMatchObject([{ step: 'drain' }]);
    await on.decide(on.people.robin, 'approve');
    expect(await on.resume(run)).toMatchObject({ status: 'waiting' });
    expect(on.output.text).toBe('');
    const { content } = await on.service().describeRequest(await lastRequest(on));
    expect(content.commands).toMatchObject([{ step: 'restart' }]);
    expect(content.policy.slots).toMatchObject([{ eligible: ['kim'] }]);
    await decideOnLast(on, on.people.kim);
    expect(await on.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await findings(on)).toEqual([]);
  });

  test('ask for such a step anew where the others were asked for anew', async () => {
    const on = scene(move, {
      policy: `
floor: { unused: 5m }
rules:
  - name: fresh eyes
    when: step.id == "restart"
    require: { approvals: [{ id: eyes, from: ["*"] }], exclude: [earlier_approver] }
`,
    });
    const { run } = await on.exec();
    await on.decide(on.people.robin, 'approve');
    await on.resume(run);
    await decideOnLast(on, on.people.kim);
    on.clock.shift(6 * 60_000);
    // Nobody used the first approval in time: it is asked for anew, and kim has approved the other step.
    await on.resume(run);
    await on.resume(run);
    await decideOnLast(on, on.people.robin);
    const after = await on.resume(run);
    expect(after).toMatchObject({ status: 'waiting' });
    expect(on.output.text).toBe('');
    expect(await findings(on)).toEqual([]);
  });

  test('can be taken back for the steps that have not started', async () => {
    const on = scene(
      `
name: copy
approvals: together
steps:
  - { id: one, privileged: true, run: echo one }
  - { id: two, privileged: true, files: [two.txt], run: cat two.txt }
  - { id: three, privileged: true, run: echo three }
`,
      { files: { 'two.txt': '2\n' } },
    );
    const { robin, kim } = on.people;
    const { run } = await on.exec();
    const together = (await on.open()).content.id;
    await on.decide(robin, 'approve');
    writeFileSync(join(on.dir, 'two.txt'), 'two\n');
    await on.resume(run);
    const door = on.service();
    const proven = await robin.approver.read((seen) => door.review(together, seen));
    const revoked = { decision: 'revoke', reason: 'not the third' } as const;
    const { signed } = await robin.approver.decide(proven, robin.signer, revoked);
    await door.decide(signed, 'cli');
    await on.decide(kim, 'approve');
    const left = await on.resume(run);
    expect(statuses(left)).toEqual(['one succeeded', 'two succeeded', 'three waiting']);
    expect(left.requests).toMatchObject([{ request: together, steps: ['one', 'two', 'three'] }]);
    expect(await findings(on)).toEqual([]);
  });

  test('take what a person will say within limits for a hole, too', async () => {
    const on = scene(`
name: by-hand
approvals: together
steps:
  - id: look
    manual: Find the slowest node.
    ask: { node: { type: string, enum: [a, b] } }
  - { id: drain, privileged: true, run: echo drained }
  - { id: restart, privileged: true, exec: [echo, "\${{ steps.look.outputs.node }}"] }
`);
    const { run } = await on.exec();
    expect((await on.open()).content.commands).toMatchObject([
      { step: 'drain' },
      { step: 'restart', holes: [{ name: 'steps.look.outputs.node', enum: ['a', 'b'] }] },
    ]);
    await on.decide(on.people.robin, 'approve');
    const waiting = await on.resume(run);
    expect(statuses(waiting)).toEqual(['look waiting', 'drain pending', 'restart pending']);
  });

  test('end before anything happened where policy denies one of the steps', async () => {
    const on = scene(move, {
      policy: 'rules: [{ name: no, when: step.id == "drain", deny: not now }]',
    });
    await on.exec();
    expect(on.output.text).toBe('');
    expect(await on.service().status(null)).toMatchObject({ status: 'denied', exit_code: 13 });
    expect(await findings(on)).toEqual([]);
  });
});
