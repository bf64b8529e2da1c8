import { expect, onTestFinished, test, vi } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import type { Front, Reception } from '../../../src/channels/channel.ts';
import { openTeams } from '../../../src/channels/teams/open-teams.ts';
import { JournalFeed } from '../../../src/engine/office/feed.ts';
import { openFront } from '../../../src/engine/office/front.ts';
import { gated, openServed } from '../../support/click.ts';
import type { Scene } from '../../support/scene.ts';
import {
  appId,
  clientSecret,
  openTeamsIssuer,
  type TeamsIssuer,
} from '../../support/teams-issuer.ts';
import { anInstallation, aPress, conversation } from './activities.ts';
import { inTeams } from './receiver.ts';
import { openTeamsService, type TeamsService, tenant } from './service.ts';

vi.setConfig({ testTimeout: 30_000 });
const soon = { timeout: 15_000, interval: 20 };

interface Desk {
  readonly scene: Scene;
  readonly service: TeamsService;
  readonly issuer: TeamsIssuer;
  readonly reception: Reception;
  readonly front: Front;
  readonly env: Record<string, string>;
  /** Calls as Teams does. */
  readonly post: (activity: object) => Promise<{ readonly status: number; readonly body: string }>;
}

async function openDesk(more = '', served = true): Promise<Desk> {
  const scene = inTeams(openServed({ runbook: gated }));
  const [service, issuer] = await Promise.all([openTeamsService(), openTeamsIssuer()]);
  const test = `{ service_url: "${service.url}", token_url: "${issuer.tokenUrl}", metadata_url: "${issuer.metadataUrl}" }`;
  const yaml = `app_id: ${appId}\nclient_secret: { env: SECRET }\ntenants: [${tenant}]\nbuttons: everywhere\ntest: ${test}\n${more}`;
  const env: Record<string, string> = { SECRET: clientSecret };
  const reception = openTeams(parseYaml(yaml, 'config.yaml'), {
    clock: scene.clock,
    env,
    served,
    onEvent: () => undefined,
    paceMs: 0,
    retryMs: 20,
  });
  const engine = scene.engine();
  const feed = new JournalFeed(engine.store);
  onTestFinished(() => feed.close());
  const url = 'https://runbook.example.com';
  const front = openFront(engine, { name: 'teams' }, { feed, receives: true, url });
  const post: Desk['post'] = async (activity) => {
    const token = await issuer.sign(service.url, scene.clock.now().wallMs);
    const body = Buffer.from(JSON.stringify(activity));
    const answer = await reception.http?.handle({
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    return answer ?? { status: 404, body: '' };
  };
  return { scene, service, issuer, reception, front, env, post };
}

/** Attends as `runbook serve` does, until it is stopped or the test is over. */
function attend({ reception, front }: Desk): () => Promise<void> {
  const ended = new AbortController();
  const done = reception.attend(front, ended.signal);
  const stop = async (): Promise<void> => {
    ended.abort();
    await done;
  };
  onTestFinished(stop);
  return stop;
}

const posts = /\/activities$/;

test('cards go where the app was installed first, and wait until it is somewhere', async () => {
  const desk = await openDesk();
  const { scene, service, reception, post } = desk;
  attend(desk);
  await scene.exec();
  await vi.waitFor(() => expect(reception.health().message).toContain('no_conversation'), soon);
  expect(reception.health()).toMatchObject({ ok: false, backlog: 1 });
  await post(
    anInstallation('add', { serviceUrl: service.url, conversation: 'a:1', personal: true }),
  );
  await post(anInstallation('add', { serviceUrl: service.url }));
  await post(
    anInstallation('add', { serviceUrl: service.url, conversation: '19:later@thread.tacv2' }),
  );
  await vi.waitFor(() => expect(service.cards()).toHaveLength(1), soon);
  expect(
    decodeURIComponent(service.calls.find(({ path }) => posts.test(path))?.path ?? ''),
  ).toContain(conversation);
  await vi.waitFor(() => expect(reception.health()).toMatchObject({ ok: true, backlog: 0 }), soon);
});

test('a card goes where it is written, and is rewritten for everybody after a click', async () => {
  const desk = await openDesk(`conversation: ${conversation}`);
  const { scene, service, post } = desk;
  attend(desk);
  await scene.exec();
  await vi.waitFor(() => expect(service.cards().join('')).toContain('runbook.approve'), soon);
  const { hash } = await scene.open();
  const answer = await post(aPress({ request: hash, serviceUrl: service.url }));
  expect(answer.body).toContain('AdaptiveCard');
  await vi.waitFor(() => expect(service.cards().join('')).toContain('has not started yet'), soon);
  expect(service.cards().join('')).not.toContain('runbook.approve');
  const thread = new RegExp(`${encodeURIComponent(`${conversation};messageid=`)}\\d+/activities/`);
  await vi.waitFor(() => expect(service.count('POST', thread)).toBeGreaterThan(1), soon);
});

test('a restart finds its card again, and one that was deleted is posted anew', async () => {
  const desk = await openDesk(`conversation: ${conversation}`);
  const { scene, service } = desk;
  const stop = attend(desk);
  await scene.exec();
  await vi.waitFor(() => expect(service.cards()).toHaveLength(1), soon);
  await stop();
  service.fault = ({ method }) =>
    method === 'PUT'
      ? { status: 404, body: { error: { code: 'ActivityNotFoundInConversation' } } }
      : null;
  attend(desk);
  const { scene: again } = desk;
  await again.decide(again.people.robin, 'approve');
  await vi.waitFor(() => expect(service.cards()).toHaveLength(2), soon);
  expect(service.count('PUT')).toBe(1);
});

test('without a server to call, cards have no buttons', async () => {
  const desk = await openDesk(`conversation: ${conversation}`, false);
  attend(desk);
  await desk.scene.exec();
  await vi.waitFor(() => expect(desk.service.cards()).toHaveLength(1), soon);
  expect(desk.service.cards().join('')).not.toContain('runbook.approve');
});

test('a secret that comes later is found, and until then nothing counts', async () => {
  const desk = await openDesk(`conversation: ${conversation}`);
  const { scene, service, reception, env, post } = desk;
  env['SECRET'] = '';
  attend(desk);
  await scene.exec();
  const { hash } = await scene.open();
  expect(reception.health().message).toContain('`SECRET` holds no secret');
  expect((await post(aPress({ request: hash, serviceUrl: service.url }))).status).toBe(503);
  env['SECRET'] = clientSecret;
  await vi.waitFor(() => expect(service.cards()).toHaveLength(1), soon);
});

test('a process that goes away shows what is open, without buttons', async () => {
  const desk = await openDesk(`conversation: ${conversation}`);
  await desk.scene.exec();
  await desk.reception.tell(desk.front, new AbortController().signal);
  expect(desk.service.cards()).toHaveLength(1);
  expect(desk.service.cards().join('')).not.toContain('runbook.approve');
});

test('doctor asks Microsoft, and tells where the app is', async () => {
  const desk = await openDesk('conversation: "19:other@thread.tacv2"');
  const { reception, service, issuer, post } = desk;
  const say = async (): Promise<string> =>
    (await reception.examine(new AbortController().signal, false))
      .map(({ ok, name, message, hint }) => `${ok ? 'ok' : 'no'} ${name}: ${message} ${hint ?? ''}`)
      .join('\n');
  expect(await say()).toMatch(/^ok Teams: client secret/);
  attend(desk);
  await post(anInstallation('add', { serviceUrl: service.url }));
  const said = await say();
  expect(said).toContain('ok Teams: conversation 19:other@thread.tacv2: the app is in it');
  expect(said).toContain(`ok Teams: installed in: ${conversation} (team Ops)`);
  expect(said).toContain('https://runbook.example.com/teams/messages');
  expect(said).toContain('no Teams: clicks: a counterpart for tests');
  service.fault = () => ({ status: 403, body: { error: { code: 'BotNotInConversationRoster' } } });
  expect(await say()).toContain(
    'no Teams: conversation 19:other@thread.tacv2: Microsoft answers `BotNotInConversationRoster` in Teams, open',
  );
  issuer.fault = { status: 401, body: { error: 'invalid_client' } };
  expect(await say()).toMatch(/^no Teams: client secret: Microsoft answers `invalid_client`/);
});
