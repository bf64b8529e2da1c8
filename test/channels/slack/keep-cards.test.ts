import { expect, onTestFinished, test, vi } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { keepCards, showCards, type Upkeep } from '../../../src/channels/cards/keep-cards.ts';
import type { Front } from '../../../src/channels/channel.ts';
import { openSlackApi } from '../../../src/channels/slack/api/web-client.ts';
import { openSlackBoard } from '../../../src/channels/slack/card/slack-board.ts';
import { parseSlackSettings } from '../../../src/channels/slack/settings.ts';
import { JournalFeed } from '../../../src/engine/office/feed.ts';
import { openFront } from '../../../src/engine/office/front.ts';
import { breakGlass, nightPolicy, nightRunbook, review } from '../../support/break-glass.ts';
import { driving, openScene, type Scene, type SceneOptions } from '../../support/scene.ts';
import { openSlackWeb, type SlackWeb } from '../../support/slack-web.ts';

// A pace and a pause of their own each: slower than most tests.
vi.setConfig({ testTimeout: 30_000 });

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo ran
`;

interface Desk {
  readonly scene: Scene;
  readonly slack: SlackWeb;
}

async function openDesk(options: Partial<SceneOptions> = {}): Promise<Desk> {
  const scene = openScene({ runbook: gated, ...options });
  const slack = await openSlackWeb();
  return { scene, slack };
}

interface Attended {
  readonly upkeep: () => Upkeep | null;
  readonly front: Front;
  readonly stop: () => Promise<void>;
}

function keeping({ scene, slack }: Desk, receives = true) {
  const engine = scene.engine();
  const feed = new JournalFeed(engine.store);
  const front = openFront(
    engine,
    { name: 'slack' },
    { feed, receives, url: 'https://runbook.example.com' },
  );
  const yaml = `{ channel: ${slack.channel}, bot_token: { env: T }, app_token: { env: A }, buttons: everywhere, routes: [{ environment: prod, channel: ${slack.otherChannel} }] }`;
  let last: Upkeep | null = null;
  const api = openSlackApi({ token: slack.token, url: slack.url, patienceMs: 3_000, paceMs: 0 });
  const input = {
    board: openSlackBoard(api, parseSlackSettings(parseYaml(yaml, 'config.yaml'))),
    front,
    onUpkeep: (upkeep: Upkeep) => {
      last = upkeep;
    },
  };
  return { input, feed, front, upkeep: () => last };
}

/** Attends as `runbook serve` does, until it is stopped or the test is over. */
function attend(desk: Desk): Attended {
  const { input, feed, front, upkeep } = keeping(desk);
  const ended = new AbortController();
  const done = keepCards(input, ended.signal);
  const stop = async (): Promise<void> => {
    ended.abort();
    await done;
    feed.close();
  };
  onTestFinished(async () => {
    await stop();
    expect(desk.slack.problems).toEqual([]);
  });
  return { front, upkeep, stop };
}

const soon = { timeout: 15_000, interval: 20 };

const titlesIn = async (slack: SlackWeb, channel?: string) =>
  (await slack.messages(channel)).map(({ text }) => text.replace(/:.*/s, ''));

const threadOf = async (slack: SlackWeb) => {
  const [card] = await slack.messages();
  return (await slack.thread(card?.ts ?? '')).map(({ blocks }) => JSON.stringify(blocks));
};

test('a request has a card, which says what became of it, and its thread tells the story', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  attend(desk);
  const { run } = await scene.exec();
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
  expect(JSON.stringify(await slack.messages())).toContain('runbook.approve');

  await scene.decide(scene.people.robin, 'approve');
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approved']), soon);
  await scene.resume(run);
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Succeeded']), soon);
  expect(JSON.stringify(await slack.messages())).not.toContain('runbook.approve');

  await vi.waitFor(async () => {
    const thread = (await threadOf(slack)).join('\n');
    expect(thread).toMatch(/Decided: approve by robin \(A3\)/);
    expect(thread).toMatch(/step restart of gated was approved/);
    expect(thread).toMatch(/Finished: restart attempt 1: succeeded/);
    expect(thread).toMatch(/Run ended: succeeded/);
  }, soon);
  const lines = await threadOf(slack);
  expect(new Set(lines).size).toBe(lines.length);
});

test('whoever asked is mentioned when it is decided', async () => {
  const desk = await openDesk();
  attend(desk);
  await desk.scene.exec();
  await vi.waitFor(async () => expect(await titlesIn(desk.slack)).toHaveLength(1), soon);
  await desk.scene.decide(desk.scene.people.robin, 'reject', 'not today');
  await vi.waitFor(async () => expect(await titlesIn(desk.slack)).toEqual(['Rejected']), soon);
  await vi.waitFor(async () => {
    const [card] = await desk.slack.messages();
    const replies = JSON.stringify(await desk.slack.thread(card?.ts ?? ''));
    expect(replies).toContain('{"type":"user","user_id":"U0ANA"}');
    expect(replies).toContain('was rejected');
  }, soon);
});

test('a card goes where its environment is routed to', async () => {
  const config = 'environments: { prod: { protected: true } }\ndefault_environment: prod\n';
  const desk = await openDesk({ config });
  attend(desk);
  await desk.scene.exec();
  const { slack } = desk;
  await vi.waitFor(
    async () => expect(await titlesIn(slack, slack.otherChannel)).toEqual(['Approval needed']),
    soon,
  );
  expect(await slack.messages()).toEqual([]);
});

test('a restart finds its cards again: none is posted twice, and what was missed is caught up', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  const first = attend(desk);
  await scene.exec();
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
  await vi.waitFor(async () => expect(await first.front.notes.list()).toHaveLength(1), soon);
  await first.stop();

  await scene.decide(scene.people.robin, 'approve');
  attend(desk);
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approved']), soon);
  await vi.waitFor(
    async () => expect((await threadOf(slack)).join('\n')).toContain('Decided: approve by robin'),
    soon,
  );
});

test('many open requests survive a restart in the middle: each has one card', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  const runs = 12;
  for (let run = 0; run < runs; run += 1) {
    await scene.exec();
  }
  const first = attend(desk);
  await vi.waitFor(() => expect(slack.count('chat.postMessage')).toBeGreaterThan(3), soon);
  await first.stop();
  expect(slack.count('chat.postMessage')).toBeLessThan(runs);
  const { front } = attend(desk);
  await vi.waitFor(async () => expect(await front.notes.list()).toHaveLength(runs), soon);
  const texts = (await slack.messages()).map(({ text }) => text);
  expect(texts).toHaveLength(runs);
  expect(new Set(texts).size).toBe(runs);
});

test('a run that ends while its approval was taken back leaves no button', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  attend(desk);
  const { run } = await scene.exec();
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
  await scene.decide(scene.people.robin, 'approve');
  await scene.decide(scene.people.robin, 'revoke');
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval revoked']), soon);
  await scene.service().cancel(run, null, driving(scene));
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Cancelled']), soon);
});

test('while Slack is down nothing is lost, and health says since when', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  slack.fault = () => ({ status: 503 });
  const { upkeep } = attend(desk);
  await scene.exec();
  await vi.waitFor(() => expect(upkeep()?.problem?.code).toBe('http_503'), soon);
  expect(upkeep()?.backlog).toBe(1);
  await scene.decide(scene.people.robin, 'approve');
  slack.fault = () => null;
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approved']), soon);
  await vi.waitFor(() => expect(upkeep()).toEqual({ backlog: 0, problem: null }), soon);
});

test.each([['cut'], ['limited'], ['html']] as const)(
  'a call that is %s is made again',
  async (how) => {
    const desk = await openDesk();
    const { scene, slack } = desk;
    let faults = 2;
    const answers = {
      cut: 'cut',
      limited: { status: 429, headers: { 'retry-after': '1' } },
      html: { status: 200, body: '<html>' },
    } as const;
    slack.fault = ({ method }) => {
      faults -= method === 'chat.postMessage' ? 1 : 0;
      return method === 'chat.postMessage' && faults >= 0 ? answers[how] : null;
    };
    attend(desk);
    await scene.exec();
    await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
  },
);

test('a card that was deleted is posted anew while its request is open', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  attend(desk);
  await scene.exec();
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
  const [card] = await slack.messages();
  await slack.remove(card?.ts ?? '');
  await scene.decide(scene.people.robin, 'approve');
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approved']), soon);
});

test('a request whose time is over is shown expired though nobody runs it any more', async () => {
  const desk = await openDesk({ policy: 'floor: { pending: 2s }\n' });
  const { scene, slack } = desk;
  const { front } = attend(desk);
  await scene.exec();
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Expired']), soon);
  await vi.waitFor(async () => expect(await front.notes.list()).toEqual([]), soon);
});

test('a channel without the app shows in health, and other cards go on', async () => {
  const config = 'environments: { prod: { protected: true } }\n';
  const desk = await openDesk({ config });
  const { scene, slack } = desk;
  slack.fault = ({ args }) =>
    args['channel'] === slack.otherChannel
      ? { status: 200, body: { ok: false, error: 'not_in_channel' } }
      : null;
  const { upkeep } = attend(desk);
  const source = { name: null, file: 'runbook.yaml', dir: scene.dir, text: gated, trusted: false };
  const input = { source, given: {}, reason: null, ticket: null };
  const { run: prod } = await startAndStop(scene, { ...input, environment: 'prod' });
  await vi.waitFor(() => expect(upkeep()?.problem?.code).toBe('not_in_channel'), soon);
  const { run: local } = await startAndStop(scene, { ...input, environment: 'local' });
  expect(prod).not.toBe(local);
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
});

test('a card that Slack finds too long is shortened, and cannot be approved there', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  slack.fault = ({ method, args }) =>
    method.startsWith('chat.') && (args['blocks'] ?? '').includes('runbook.approve')
      ? { status: 200, body: { ok: false, error: 'msg_blocks_too_long' } }
      : null;
  attend(desk);
  await scene.exec();
  await vi.waitFor(
    async () => expect(JSON.stringify(await slack.messages())).toContain('Too long for Slack'),
    soon,
  );
});

test('a process that goes away shows what is open, without buttons', async () => {
  const desk = await openDesk();
  const { scene, slack } = desk;
  await scene.exec();
  const { input, feed } = keeping(desk, false);
  await showCards(input, new AbortController().signal);
  feed.close();
  expect(await titlesIn(slack)).toEqual(['Approval needed']);
  expect(JSON.stringify(await slack.messages())).not.toContain('runbook.approve');
});

async function startAndStop(
  scene: Scene,
  input: Parameters<ReturnType<Scene['service']>['start']>[0],
) {
  const service = scene.service();
  return service.drive(await service.start(input), driving(scene));
}

test('glass that was broken while nobody attended has a card all the same, until its review is told', async () => {
  const desk = await openDesk({ runbook: nightRunbook(), policy: nightPolicy });
  const { scene, slack } = desk;
  await breakGlass(scene);
  const { front, stop } = attend(desk);
  const title = 'BREAK-GLASS, Succeeded';
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual([title]), soon);
  expect(JSON.stringify(await slack.messages())).toContain('A review is owed by ');
  await vi.waitFor(async () => expect(await front.notes.list()).toHaveLength(1), soon);
  await stop();

  const again = attend(desk);
  await review(scene, scene.people.kim, 'unjustified');
  await vi.waitFor(async () => {
    expect(JSON.stringify(await slack.messages())).toContain('Reviewed by ');
    expect((await threadOf(slack)).join('\n')).toMatch(
      /Reviewed: night@local: unjustified, by kim/,
    );
    expect(await again.front.notes.list()).toEqual([]);
  }, soon);
  expect(await titlesIn(slack)).toEqual([title]);
});

test('a reminder mentions whom it goes to in the thread, and an escalation those who are new', async () => {
  const policy = `rules:
  - name: care
    require:
      approvals: [{ id: peer, from: [robin], escalate: [{ after: 15m, to: [kim] }] }]
      pending: 1h
      remind: 10m
`;
  const desk = await openDesk({ policy });
  const { scene, slack } = desk;
  const first = attend(desk);
  const { run } = await scene.exec();
  await vi.waitFor(async () => expect(await titlesIn(slack)).toEqual(['Approval needed']), soon);
  scene.clock.shift(15 * 60_000);
  await scene.service().drive(run, driving(scene));
  await vi.waitFor(async () => expect(await threadOf(slack)).toHaveLength(2), soon);
  await first.stop();
  attend(desk);
  await scene.service().drive(run, driving(scene));
  const thread = await threadOf(slack);
  expect(thread).toHaveLength(2);
  expect(thread[0]).toContain('still waits, and now for you, too');
  expect(thread[0]).toContain('U0KIM');
  expect(thread[0]).not.toContain('U0ROBIN');
  expect(thread[1]).toContain('still waits for an approval');
  expect(thread[1]).toContain('U0ROBIN');
});
