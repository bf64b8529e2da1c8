import { onTestFinished } from 'vitest';
import type { RequestId, Sha256 } from '../../../src/base/ids.ts';
import { parseYaml } from '../../../src/base/yaml.ts';
import { writeCardNote } from '../../../src/channels/cards/card-note.ts';
import type { ChatEvent } from '../../../src/channels/cards/chat-event.ts';
import type { Front, HttpEntrance } from '../../../src/channels/channel.ts';
import { openConnector } from '../../../src/channels/teams/api/connector.ts';
import { isService } from '../../../src/channels/teams/api/service-url.ts';
import { teamsEntrance } from '../../../src/channels/teams/clicks/entrance.ts';
import { openInbox } from '../../../src/channels/teams/clicks/inbox.ts';
import { openIssuerKeys } from '../../../src/channels/teams/clicks/issuer-keys.ts';
import { parseTeamsSettings, type TeamsSettings } from '../../../src/channels/teams/settings.ts';
import { JournalFeed } from '../../../src/engine/office/feed.ts';
import { openFront } from '../../../src/engine/office/front.ts';
import type { Recorded } from '../../../src/run/events.ts';
import { recordedOf } from '../../../src/run/recorded.ts';
import { gated, openServed } from '../../support/click.ts';
import type { Scene, SceneOptions } from '../../support/scene.ts';
import { appId, openTeamsIssuer, type TeamsIssuer } from '../../support/teams-issuer.ts';
import { type ActivityParts, aPress, cardAt, conversation } from './activities.ts';
import { objects, openTeamsService, type TeamsService, tenant } from './service.ts';

type Response = Awaited<ReturnType<HttpEntrance['handle']>>;

/** A whole receiver: a real journal with a run that waits, its front, Microsoft on both sides, and the way in. */
export interface Receiver {
  readonly scene: Scene;
  readonly service: TeamsService;
  readonly issuer: TeamsIssuer;
  readonly front: Front;
  readonly entrance: HttpEntrance;
  readonly settings: TeamsSettings;
  readonly events: ChatEvent[];
  readonly request: { readonly id: RequestId; readonly hash: Sha256 };
  /** Calls as Teams does, with a token of its own unless another is given; null brings none. */
  readonly post: (activity: object | string, token?: string | null) => Promise<Response>;
  readonly press: (parts?: Omit<ActivityParts, 'serviceUrl'>) => Promise<Response>;
  readonly decisions: () => Promise<readonly Recorded[]>;
}

/** Ana and robin have accounts in Teams, too. */
export function inTeams(scene: Scene): Scene {
  for (const name of ['ana', 'robin'] as const) {
    const slack = `slack: [T0TEAM/U0${name.toUpperCase()}]`;
    const teams = `teams: [${tenant}/${objects[name]}]`;
    scene.trusted.people = scene.trusted.people.replace(slack, `${slack}, ${teams}`);
  }
  return scene;
}

export async function openReceiver(
  options: { readonly buttons?: string; readonly scene?: Partial<SceneOptions> } = {},
): Promise<Receiver> {
  const scene = inTeams(openServed({ runbook: gated, ...options.scene }));
  await scene.exec();
  const [service, issuer] = await Promise.all([openTeamsService(), openTeamsIssuer()]);
  const engine = scene.engine();
  const feed = new JournalFeed(engine.store);
  onTestFinished(() => feed.close());
  const front = openFront(engine, { name: 'teams' }, { feed, receives: true, url: null });
  const { content, hash } = await scene.open();
  const place = { service_url: service.url, conversation, activity: cardAt };
  await writeCardNote(front.notes, content.id, { ...place, ...note });
  const settings = settingsFor(service, issuer, options.buttons ?? 'everywhere');
  const events: ChatEvent[] = [];
  const { clock } = scene;
  const api = openConnector({
    clock,
    token: null,
    isService: (url) => isService(url, service.url),
    patienceMs: 0,
    paceMs: 0,
  });
  const keys = openIssuerKeys(issuer.metadataUrl, clock);
  const tell = (event: ChatEvent): void => void events.push(event);
  const inbox = openInbox({ settings, api, keys, tell, working: new Set() });
  const entrance = teamsEntrance(inbox, () => front);
  const post: Receiver['post'] = async (activity, token) => {
    const given = token === undefined ? await issuer.sign(service.url, clock.now().wallMs) : token;
    const headers = given === null ? {} : { authorization: `Bearer ${given}` };
    const body = typeof activity === 'string' ? activity : JSON.stringify(activity);
    return entrance.handle({ headers, body: Buffer.from(body) });
  };
  return {
    scene,
    service,
    issuer,
    front,
    entrance,
    settings,
    events,
    request: { id: content.id, hash },
    post,
    press: (parts = {}) => post(aPress({ request: hash, serviceUrl: service.url, ...parts })),
    decisions: async () =>
      (await engine.store.entries(0, Number.MAX_SAFE_INTEGER))
        .map(recordedOf)
        .filter(({ event }) => event.type === 'approval.decided'),
  };
}

const note = { shown: '', short: false, thread_seq: 0, told: null };

function settingsFor(
  { url }: TeamsService,
  { metadataUrl, tokenUrl }: TeamsIssuer,
  buttons: string,
  more = '',
): TeamsSettings {
  const test = `{ service_url: "${url}", token_url: "${tokenUrl}", metadata_url: "${metadataUrl}" }`;
  const yaml = `{ app_id: ${appId}, client_secret: { env: S }, tenants: [${tenant}], buttons: ${buttons}, test: ${test}${more} }`;
  return parseTeamsSettings(parseYaml(yaml, 'config.yaml'));
}
