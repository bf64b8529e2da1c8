import type { Clock } from '../../base/clock.ts';
import { lazy } from '../../base/lazy.ts';
import { loadSecret } from '../../base/secret-source.ts';
import type { ParsedYaml } from '../../base/yaml.ts';
import { openAttendance } from '../cards/attendance.ts';
import type { ChatEvent } from '../cards/chat-event.ts';
import { lateEntrance } from '../cards/late-entrance.ts';
import type { Front, HttpEntrance, Reception } from '../channel.ts';
import type { SlackApi, SlackSelf } from './api/slack-api.ts';
import { openSlackApi } from './api/web-client.ts';
import { attendSlack, type Slack, tellSlack } from './attend-slack.ts';
import { slackEntrance } from './clicks/entrance.ts';
import { examineSlack } from './examine.ts';
import { parseSlackSettings, type SlackSettings } from './settings.ts';
import { idle, type SlackStanding, slackHealth } from './slack-health.ts';
import { askForSocket, trySocket } from './try-socket.ts';

export interface SlackDeps {
  readonly clock: Clock;
  /** Where tokens are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This process mounts the entrance: only there Slack reaches us over HTTP. */
  readonly served: boolean;
  /** Told what comes in, for logs. */
  readonly onEvent?: (event: ChatEvent) => void;
  /** Between two messages to one channel; a second unless a test is in a hurry. */
  readonly paceMs?: number;
  /** Before a secret that is not there is looked for again; a minute unless a test is in a hurry. */
  readonly retryMs?: number;
}

/**
 * Slack as a reception: cards out, clicks in. Reads the value of `channels.slack`; throws InvalidFileError
 * `config_invalid`. Tokens are looked up when they are needed: whoever cannot read them can still run
 * what needs none, and a token that is missing shows in `health`.
 */
export function openSlack(section: ParsedYaml, deps: SlackDeps): Reception {
  const settings = parseSlackSettings(section);
  const { env, clock, served, onEvent = ignore, retryMs = 60_000 } = deps;
  const attendance = openAttendance<SlackStanding>(idle);
  const slack: Slack = {
    settings,
    env,
    served,
    api: lazy(() => openApi(settings, loadSecret(settings.botToken, env), deps)),
    report: attendance.report,
    onEvent,
    retryMs,
    working: new Set(),
  };
  return {
    name: 'slack',
    http: openEntrance(slack, attendance.receiver),
    attend: (front, signal) => attendance.during(front, () => attendSlack(slack, front, signal)),
    tell: (front, signal) => tellSlack(slack, front, signal),
    health: () => slackHealth(attendance.standing(), served),
    examine: (signal, received) =>
      examineSlack({
        settings,
        env,
        openApi: (token) => openApi(settings, token, deps),
        receiver: attendance.receiver() === null ? (received ? 'another' : 'nobody') : 'here',
        socket: () => attendance.standing().socket,
        askForSocket: (appToken) => askForSocket(settings, appToken),
        trySocket: (appToken) => trySocket({ settings, appToken, clock, signal }),
      }),
  };
}

/** How long one call may wait for Slack's rate limit before its card is put back. */
const patienceMs = 5_000;

function openApi(settings: SlackSettings, token: string, { paceMs }: SlackDeps): SlackApi {
  const api = openSlackApi({
    token,
    url: settings.api,
    patienceMs,
    ...(paceMs === undefined ? {} : { paceMs }),
  });
  let self: Promise<SlackSelf> | null = null;
  return {
    ...api,
    // It cannot change under one token; what went wrong is asked again.
    whoAmI: () => {
      self ??= api.whoAmI().catch((error: unknown) => {
        self = null;
        throw error;
      });
      return self;
    },
  };
}

function openEntrance(slack: Slack, front: () => Front | null): HttpEntrance | null {
  const { settings, env, api, onEvent, working } = slack;
  const { clicks } = settings;
  if (clicks.kind !== 'http') {
    return null;
  }
  const open = () =>
    slackEntrance({
      settings,
      signingSecret: loadSecret(clicks.signingSecret, env),
      api: api(),
      front,
      onEvent,
      working,
    });
  return lateEntrance('/slack/interactivity', open, slack.report);
}

function ignore(): void {
  // Nobody wants to know.
}
