import { describe, expect, test } from 'vitest';
import { localService } from '../../src/engine/local-service.ts';
import { leaveUnknown } from '../attacks/forge.ts';
import {
  breakGlass,
  effects,
  findingsOf,
  nightPolicy,
  nightRunbook,
  openNight,
  review,
  startNight,
} from '../support/break-glass.ts';
import { type Chat, openChat } from '../support/chat.ts';
import { driving, type Scene } from '../support/scene.ts';

describe('breaking the glass', () => {
  test('lets whoever acts sign alone, stamps the run, and owes a review', async () => {
    const scene = openNight();
    const report = await breakGlass(scene);
    expect(report).toMatchObject({ status: 'succeeded', break_glass: 'night', overrides: [] });
    expect(effects(scene)).toBe(1);
    const [debt] = await scene.service().breakGlass(false);
    expect(debt).toMatchObject({
      run: report.run,
      step: 'restart',
      rule: 'night',
      scope: 'night@local',
      by: ['ana'],
      reason: 'payments are down',
      reviewers: ['robin', 'kim'],
      overdue: false,
      review: null,
    });
    expect(report.reviews).toMatchObject([
      { request: debt?.request, due: debt?.due, review: null },
    ]);
    expect(await scene.service().runs(5)).toMatchObject([{ break_glass: 'night' }]);
    const started = scene.entries.find(({ event }) => event.type === 'step.started');
    expect(started?.event.data).toMatchObject({ permit: { break_glass: 'night@local' } });
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('may be signed by anybody of the rule, and the file names who may sign', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    const file = await scene.service().review(null, null);
    expect(file.approvers.map(({ person }) => person)).toEqual(['ana', 'robin']);
    await scene.decide(scene.people.robin, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await scene.service().breakGlass(false)).toMatchObject([
      { by: ['robin'], reviewers: ['kim'] },
    ]);
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('whoever signed under it may take the run on', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    await scene.decide(scene.people.ana, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('lifts the rules that it names, and no other', async () => {
    const frozen = openNight({ runbook: nightRunbook('data, frozen') });
    expect(await breakGlass(frozen)).toMatchObject({ status: 'succeeded' });
    const forbidden = openNight({ runbook: nightRunbook('data, frozen, forbidden') });
    expect(await breakGlass(forbidden)).toMatchObject({ status: 'denied', exit_code: 13 });
    expect(effects(forbidden)).toBe(0);
  });

  test.each([
    [{ breakGlass: 'nihgt' }, 'break_glass_unknown', 'did you mean `night`?'],
    [{ overrides: ['frozne'] }, 'override_unknown', 'did you mean `frozen`?'],
    [{ overrides: ['forbidden'] }, 'override_unknown', 'there is `frozen`'],
    [{ reason: null }, 'reason_missing', 'say why: `--reason TEXT`'],
    [{ reason: '  ' }, 'reason_missing', 'say why: `--reason TEXT`'],
    [{ overrides: ['frozen'], reason: null }, 'reason_missing', 'say why: `--reason TEXT`'],
  ] as const)('refuses %j before step 1', async (asked, code, hint) => {
    const scene = openNight();
    await expect(startNight(scene, asked)).rejects.toMatchObject({ code, hint, exitCode: 2 });
    expect(await scene.service().runs(5)).toEqual([]);
  });

  test.each([
    [{ agent: 'deploy-bot' }, {}, 'agent_breaks_glass'],
    [{ ci: { identity: 'github/acme/infra', actor: 'github/ana' } }, {}, 'agent_breaks_glass'],
    [{ agent: 'deploy-bot' }, { overrides: ['frozen'] }, 'agent_overrides'],
  ] as const)('is for people: not for %j with %j', async (caller, asked, code) => {
    const scene = openNight();
    await expect(startNight(scene, asked, { caller })).rejects.toMatchObject({
      code,
      exitCode: 13,
    });
  });

  test('an agent cannot take on what a person began', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    const bot = scene.service(undefined, { agent: 'deploy-bot' });
    await expect(bot.resume({ run, given: {} })).rejects.toMatchObject({
      code: 'agent_breaks_glass',
    });
  });
});

describe('what is owed', () => {
  test('holds up the next run in the scope before step 1, and names the way out', async () => {
    const scene = openNight();
    await breakGlass(scene);
    const [debt] = await scene.service().breakGlass(false);
    await expect(startNight(scene)).rejects.toMatchObject({
      code: 'review_owed',
      exitCode: 13,
      hint: expect.stringContaining(`runbook break-glass review ${debt?.request}`) as string,
    });
    await review(scene, scene.people.robin);
    expect(await breakGlass(scene)).toMatchObject({ status: 'succeeded' });
    expect(effects(scene)).toBe(2);
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('holds up what was asked for before it was owed', async () => {
    const scene = openNight();
    const late = await startNight(scene);
    await breakGlass(scene);
    expect(await scene.service().drive(late, driving(scene))).toMatchObject({
      status: 'denied',
      exit_code: 13,
      reason: expect.stringContaining('a review of request') as string,
    });
    expect(effects(scene)).toBe(1);
  });

  test('does not hold up the run that owes it', async () => {
    const scene = openNight({
      runbook: `
name: gated
steps:
  - id: restart
    privileged: true
    tags: [data]
    run: echo ran >> ran.txt
  - id: again
    privileged: true
    tags: [data]
    run: echo ran >> ran.txt
`,
    });
    const waiting = await breakGlass(scene);
    expect(waiting.status).toBe('waiting');
    await scene.decide(scene.people.ana, 'approve');
    const run = await scene.service().drive(waiting.run, driving(scene));
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.reviews).toHaveLength(2);
    expect(await scene.service().breakGlass(false)).toHaveLength(2);
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('is paid by either finding, after the run has ended, and once', async () => {
    const scene = openNight();
    const { run } = await breakGlass(scene);
    const first = await review(scene, scene.people.kim, 'unjustified');
    expect(first).toMatchObject({ run, person: 'kim', finding: 'unjustified', duplicate: false });
    const second = await review(scene, scene.people.robin);
    expect(second).toMatchObject({ person: 'kim', finding: 'unjustified', duplicate: true });
    expect(second.recorded.index).toBe(first.recorded.index);
    expect(await scene.service().breakGlass(false)).toEqual([]);
    expect(await scene.service().breakGlass(true)).toMatchObject([
      { review: { person: 'kim', finding: 'unjustified', reason: 'I looked' } },
    ]);
    expect((await scene.service().status(run)).reviews).toMatchObject([
      { overdue: false, review: { person: 'kim' } },
    ]);
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('cannot be paid while the step may still start again', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    await scene.decide(scene.people.ana, 'approve');
    await leaveUnknown(scene, run);
    await expect(review(scene, scene.people.robin)).rejects.toMatchObject({
      code: 'review_too_early',
    });
  });

  test('is said by the auditor, and is a finding once it is overdue, until somebody gives it', async () => {
    const scene = openNight();
    await breakGlass(scene);
    const verify = async () =>
      scene.service().verify({ receipts: [], pins: [], progress: () => undefined });
    const pending = await verify();
    expect(pending.exit_code).toBe(0);
    expect(pending.verdicts.find(({ name }) => name === 'authorization')?.anchor).toContain(
      'break-glass reviews owed: 1',
    );
    scene.clock.shift(25 * 3_600_000);
    const overdue = await verify();
    expect(overdue).toMatchObject({ exit_code: 14, findings: [{ code: 'E_BREAK_GLASS' }] });
    expect(await scene.service().breakGlass(false)).toMatchObject([{ overdue: true }]);
    await review(scene, scene.people.robin);
    expect((await verify()).exit_code).toBe(0);
  });
});

describe('an override', () => {
  test('turns the no of its rule into people, beside all others, and says so on the card', async () => {
    const scene = openNight({ runbook: nightRunbook('data, frozen') });
    expect(await scene.exec()).toMatchObject({ status: 'denied' });
    const run = await startNight(scene, { overrides: ['frozen'] });
    const waiting = await scene.service().drive(run, driving(scene));
    expect(waiting).toMatchObject({ status: 'waiting', overrides: ['frozen'], break_glass: null });
    const { content } = await scene.open();
    expect(content.overrides).toEqual([{ rule: 'frozen', reason: 'nothing changes this week' }]);
    await scene.decide(scene.people.kim, 'approve');
    const still = await scene.service().drive(run, driving(scene));
    if (still.status === 'waiting') {
      await scene.decide(scene.people.robin, 'approve');
    }
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('that nobody of the rule gave starts nothing', async () => {
    const scene = openNight({ runbook: nightRunbook('data, frozen') });
    const run = await startNight(scene, { overrides: ['frozen'] });
    await scene.service().drive(run, driving(scene));
    await expect(scene.decide(scene.people.robin, 'approve')).resolves.toMatchObject({
      missing: [{ slot: 'frozen/manager' }],
    });
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    expect(effects(scene)).toBe(0);
  });
});

describe('a run that only asked to break the glass', () => {
  test('does not pose as one that did', async () => {
    const scene = openNight({ runbook: nightRunbook('data, forbidden') });
    const denied = await breakGlass(scene);
    expect(denied).toMatchObject({ status: 'denied', break_glass: 'night', glass_broken: false });
    expect(await scene.service().runs(5)).toMatchObject([
      { break_glass: 'night', glass_broken: false },
    ]);
  });

  test('is one that did from its request on', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    expect(await scene.service().status(run)).toMatchObject({ glass_broken: false });
    await scene.service().drive(run, driving(scene));
    expect(await scene.service().status(run)).toMatchObject({ glass_broken: true });
    expect(await scene.service().runs(5)).toMatchObject([{ glass_broken: true }]);
  });
});

test('a denial names its rule first, and says what may be done about it', async () => {
  const policy = nightPolicy
    .replaceAll('frozen\n', 'year-end freeze\n')
    .replace('[frozen]', '[year-end freeze]');
  const scene = openNight({ policy, runbook: nightRunbook('frozen') });
  const report = await scene.exec();
  expect(report).toMatchObject({
    status: 'denied',
    reason: 'year-end freeze: nothing changes this week',
    hint: "ask for an exception: `--override 'year-end freeze' --reason TEXT`",
  });
  const denied = scene.entries.find(({ event }) => event.type === 'step.denied');
  expect(denied?.event.data).toMatchObject({ reasons: [{ hint: report.hint }] });
});

describe('everybody is told', () => {
  test('when it is asked and when it starts, though the run waits for nobody', async () => {
    const scene = openNight();
    const chat = openChat();
    const door = doorWith(scene, chat);
    const run = await startNight(scene);
    await door.drive(run, driving(scene));
    expect(chat.told).toHaveLength(1);
    await scene.decide(scene.people.ana, 'approve');
    await door.drive(run, driving(scene));
    expect(chat.told).toHaveLength(2);
    expect(await chat.told[1]?.owed()).toHaveLength(1);
  });

  test('and a chat that fails or hangs holds nothing up', async () => {
    for (const tell of [
      () => Promise.reject(new Error('down')),
      () => new Promise<never>(() => undefined),
    ]) {
      const scene = openNight();
      const door = doorWith(scene, openChat({ tell }));
      const run = await startNight(scene);
      await scene.service().drive(run, driving(scene));
      await scene.decide(scene.people.ana, 'approve');
      expect(await door.drive(run, driving(scene))).toMatchObject({ status: 'succeeded' });
    }
  }, 30_000);

  test('of an ordinary start nobody is told so', async () => {
    const scene = openNight();
    const chat = openChat();
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await doorWith(scene, chat).drive(run, driving(scene));
    expect(chat.told).toEqual([]);
  });
});

function doorWith(scene: Scene, chat: Chat) {
  return localService({ ...scene.engine(), receptions: [chat.reception] }, scene.elsewhere);
}
