import { createHmac } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { RequestId, Sha256 } from '../../../src/base/ids.ts';
import { writeCardNote } from '../../../src/channels/cards/card-note.ts';
import type { ChatEvent } from '../../../src/channels/cards/chat-event.ts';
import type { Front, HttpEntrance } from '../../../src/channels/channel.ts';
import { openSlackApi } from '../../../src/channels/slack/api/web-client.ts';
import { slackEntrance } from '../../../src/channels/slack/clicks/entrance.ts';
import type { SlackSettings } from '../../../src/channels/slack/settings.ts';
import { JournalFeed } from '../../../src/engine/office/feed.ts';
import { openFront } from '../../../src/engine/office/front.ts';
import type { Recorded } from '../../../src/run/events.ts';
import { recordedOf } from '../../../src/run/recorded.ts';
import { openServed } from '../../support/click.ts';
import type { Scene, SceneOptions } from '../../support/scene.ts';
import { aClick, type ClickParts } from './payloads.ts';
import { openSlackWeb, type SlackWeb } from './web.ts';

export const signingSecret = 'the signing secret of these tests';
export const place = { channel: 'C0CARDS', ts: '1700000000.000100' };

export const gated = `
name: gated
steps:
  - id: danger
    privileged: true
    run: echo done
`;

export interface ReceiverOptions extends Partial<SceneOptions> {
  readonly settings?: Partial<SlackSettings>;
}

/** A whole receiver: a real journal with a run that waits, its front, the Web API, and the way in. */
export interface Receiver {
  readonly scene: Scene;
  readonly web: SlackWeb;
  readonly front: Front;
  readonly entrance: HttpEntrance;
  readonly events: ChatEvent[];
  /** The request that waits, whose card stands at `place`. */
  readonly request: { readonly id: RequestId; readonly hash: Sha256; readonly words: string };
  readonly api: ReturnType<typeof openSlackApi>;
  /** Signs, calls, and waits until what follows is done. */
  post(
    payload: object,
    event?: ChatEvent['kind'],
  ): Promise<Awaited<ReturnType<HttpEntrance['handle']>>>;
  click(parts?: ClickParts): ReturnType<Receiver['post']>;
  /** What the journal has of decisions, in order. */
  readonly decisions: () => Promise<readonly Recorded[]>;
  readonly until: (done: () => boolean) => Promise<void>;
}

export async function openReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { settings = {}, ...rest } = options;
  const scene = openServed({ runbook: gated, ...rest });
  await scene.exec();
  const web = await openSlackWeb();
  const engine = scene.engine();
  const feed = new JournalFeed(engine.store);
  onTestFinished(() => feed.close());
  const front = openFront(engine, { name: 'slack' }, { feed, receives: true, url: null });
  const { content, hash, words } = await scene.open();
  await writeCardNote(front.notes, content.id, { ...place, ...note });
  const events: ChatEvent[] = [];
  const api = openSlackApi({ token: 'xoxb-test', url: web.url, patienceMs: 0, paceMs: 0 });
  const entrance = slackEntrance({
    settings: { buttons: 'everywhere', matchEmail: false, ...settings },
    signingSecret,
    api,
    front: () => front,
    onEvent: (event) => events.push(event),
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const post: Receiver['post'] = async (payload) => {
    const told = events.length;
    const answer = await entrance.handle(signed(scene, payload));
    // Whatever comes in is told of once; a modal with an error in it is not taken in.
    await until(() => events.length > told || answer.body !== '' || answer.status !== 200);
    return answer;
  };
  return {
    scene,
    web,
    front,
    entrance,
    events,
    request: { id: content.id, hash, words },
    api,
    post,
    click: (parts = {}) => post(aClick({ value: hash, ...parts })),
    decisions: async () =>
      (await engine.store.entries(0, Number.MAX_SAFE_INTEGER))
        .map(recordedOf)
        .filter(({ event }) => event.type === 'approval.decided'),
    until,
  };
}

const note = { shown: '', short: false, thread_seq: 0, told: null };

/** A call as Slack makes it, now: of a payload, or of a body as it is. */
export function signed(
  { clock }: Pick<Scene, 'clock'>,
  content: object | string | Buffer,
  { key = signingSecret, agoMs = 0 } = {},
): { headers: Record<string, string>; body: Buffer } {
  const body = bodyOf(content);
  const timestamp = String(Math.floor((clock.now().wallMs - agoMs) / 1000));
  const hmac = createHmac('sha256', key).update(`v0:${timestamp}:`).update(body).digest('hex');
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${hmac}`,
    },
    body,
  };
}

function bodyOf(content: object | string | Buffer): Buffer {
  if (Buffer.isBuffer(content)) {
    return content;
  }
  return Buffer.from(
    typeof content === 'string'
      ? content
      : new URLSearchParams({ payload: JSON.stringify(content) }).toString(),
  );
}
