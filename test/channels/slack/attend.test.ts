import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import type { ChatEvent } from '../../../src/channels/cards/chat-event.ts';
import type { Front, Reception } from '../../../src/channels/channel.ts';
import { openSlack } from '../../../src/channels/slack/open-slack.ts';
import { JournalFeed } from '../../../src/engine/office/feed.ts';
import { openFront } from '../../../src/engine/office/front.ts';
import { eventually } from '../../support/eventually.ts';
import { openScene, type Scene } from '../../support/scene.ts';
import { openSlackSocket } from '../../support/slack-socket.ts';
import { openSlackWeb, type SlackWeb } from '../../support/slack-web.ts';
import { aClick } from './payloads.ts';
import { gated, signed } from './receiver.ts';

const signing = '0f'.repeat(16);
const overHttp = 'signing_secret: { env: SIGNING }\n';

interface Attended {
  readonly scene: Scene;
  readonly slack: SlackWeb;
  readonly reception: Reception;
  readonly env: Record<string, string>;
  readonly events: ChatEvent[];
  /** Begins to attend; stops, and resolves once that is done. */
  readonly attend: () => () => Promise<void>;
}

/** A run waits, and its journal has this channel. */
async function openChannel(clicks: string, served: boolean): Promise<Attended> {
  const scene = openScene({ runbook: gated, account: `runbook@${hostname()}` });
  await scene.exec();
  const slack = await openSlackWeb();
  const env: Record<string, string> = { BOT: slack.token, APP: 'xapp-test-token' };
  const yaml = `channel: ${slack.channel}\nbot_token: { env: BOT }\nbuttons: everywhere\napi: "${slack.url}"\n${clicks}`;
  const events: ChatEvent[] = [];
  const reception = openSlack(parseYaml(yaml, 'config.yaml'), {
    clock: scene.clock,
    env,
    served,
    onEvent: (event) => events.push(event),
    paceMs: 0,
    retryMs: 5,
  });
  const attend = (): (() => Promise<void>) => {
    const over = new AbortController();
    const attended = reception.attend(frontOf(scene), over.signal);
    const stop = (): Promise<void> => {
      over.abort();
      return attended;
    };
    onTestFinished(stop);
    return stop;
  };
  return { scene, slack, reception, env, events, attend };
}

function frontOf(scene: Scene): Front {
  const engine = scene.engine();
  const feed = new JournalFeed(engine.store);
  onTestFinished(() => feed.close());
  return openFront(engine, { name: 'slack' }, { feed, receives: true, url: null });
}

const cards = async (slack: SlackWeb): Promise<readonly string[]> =>
  (await slack.messages()).map(({ blocks }) => JSON.stringify(blocks));

describe('clicks over HTTP', () => {
  test('are offered by no process that Slack cannot call', async () => {
    const { slack, reception, env, attend } = await openChannel(overHttp, false);
    env['SIGNING'] = signing;
    attend();
    await eventually(() => reception.health().message).toBe('cards are up to date');
    expect(await cards(slack)).toEqual([expect.not.stringContaining('runbook.approve')]);
  });

  test('are offered once the signing secret is there, however late', async () => {
    const { slack, reception, env, attend } = await openChannel(overHttp, true);
    expect(reception.health()).toMatchObject({ ok: false, message: 'not served yet' });
    const stop = attend();
    await eventually(async () => (await cards(slack)).length).toBe(1);
    expect(await cards(slack)).toEqual([expect.not.stringContaining('runbook.approve')]);
    expect(reception.health()).toMatchObject({ ok: false });
    env['SIGNING'] = signing;
    await eventually(() => cards(slack)).toEqual([expect.stringContaining('runbook.approve')]);
    await eventually(() => reception.health().ok).toBe(true);
    await stop();
    expect(reception.health()).toMatchObject({ ok: false, message: 'not served yet' });
  });

  test('that are being decided when the server stops are decided first', async () => {
    const { scene, slack, reception, env, events, attend } = await openChannel(overHttp, true);
    env['SIGNING'] = signing;
    const stop = attend();
    await eventually(() => cards(slack)).toEqual([expect.stringContaining('runbook.approve')]);
    const { hash } = await scene.open();
    const call = signed(scene, aClick({ value: hash }), { key: signing });
    expect(await reception.http?.handle(call)).toMatchObject({ status: 200 });
    await stop();
    expect(events).not.toEqual([]);
  });
});

describe('the examination of a socket', () => {
  const overSocket = 'app_token: { env: APP }\n';

  async function openSocketChannel() {
    const channel = await openChannel(overSocket, true);
    const socket = await openSlackSocket();
    onTestFinished(() => socket.close());
    const { port } = new URL(socket.apiUrl);
    channel.slack.socketUrl = `ws://127.0.0.1:${port}/link?ticket=test`;
    const examine = async (received: boolean) => {
      const checks = await channel.reception.examine(new AbortController().signal, received);
      return checks.find(({ name }) => name.endsWith('app token and socket'));
    };
    return { ...channel, socket, examine };
  }

  test('asks the one that this process holds, and opens no other', async () => {
    const { attend, reception, socket, examine } = await openSocketChannel();
    const stop = attend();
    await eventually(() => reception.health().message).toContain('connected since');
    expect(await examine(true)).toMatchObject({ ok: true, message: 'connects' });
    expect(socket.opened).toBe(1);
    await stop();
  });

  test('opens none while another process receives, whose clicks it would take away', async () => {
    const { slack, socket, examine } = await openSocketChannel();
    expect(await examine(true)).toMatchObject({ ok: true });
    expect([slack.count('apps.connections.open'), socket.opened]).toEqual([1, 0]);
    slack.socketUrl = null;
    expect(await examine(true)).toMatchObject({ ok: false });
  });

  test('opens one where nobody receives', async () => {
    const { socket, examine } = await openSocketChannel();
    expect(await examine(false)).toMatchObject({ ok: true });
    expect(socket.opened).toBe(1);
  });
});
