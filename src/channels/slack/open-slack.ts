import type { Clock } from '../../base/clock.ts';
import { RunbookError } from '../../base/errors.ts';
import type { ParsedYaml } from '../../base/yaml.ts';
import type { Front, HttpEntrance, Reception } from '../channel.ts';
import { loadSecret } from '../secret-source.ts';
import { pause } from './card-queue.ts';
import { slackEntrance } from './entrance.ts';
import { examineSlack } from './examine.ts';
import { holdSocket, type SocketState } from './hold-socket.ts';
import type { InboxEvent } from './inbox.ts';
import { type KeepCardsInput, keepCards, showCards } from './keep-cards.ts';
import { parseSlackSettings, type SlackSettings } from './settings.ts';
import type { SlackApi, SlackSelf } from './slack-api.ts';
import { type SlackStanding, slackHealth } from './slack-health.ts';
import { receiveSocket } from './socket.ts';
import { openSlackApi } from './web-client.ts';

export interface SlackDeps {
  readonly clock: Clock;
  /** Where tokens are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what comes in, for logs. */
  readonly onEvent?: (event: InboxEvent) => void;
  /** Between two messages to one channel; a second unless a test is in a hurry. */
  readonly paceMs?: number;
}

/**
 * Slack as a reception: cards out, clicks in. Reads the value of `channels.slack`; throws InvalidFileError
 * `config_invalid`. Tokens are looked up when they are needed: whoever cannot read them can still run
 * what needs none, and a token that is missing shows in `health`.
 */
export function openSlack(section: ParsedYaml, deps: SlackDeps): Reception {
  const settings = parseSlackSettings(section);
  let standing: SlackStanding = { trouble: null, upkeep: null, socket: null };
  const slack: Slack = {
    settings,
    deps,
    api: openOnce(() => openApi(settings, loadSecret(settings.botToken, deps.env), deps)),
    report: (part) => {
      standing = { ...standing, ...part };
    },
  };
  let attended: Front | null = null;
  return {
    name: 'slack',
    http: openEntrance(slack, () => attended),
    async attend(front, signal) {
      attended = front.receives ? front : null;
      try {
        await attend(slack, front, signal);
      } finally {
        attended = null;
      }
    },
    async tell(front, signal) {
      const api = openIfThere(slack);
      if (api !== null) {
        await showCards(upkeepOf(slack, api, front), signal);
      }
    },
    health: () => slackHealth(standing),
    examine: (signal) =>
      examineSlack({
        settings,
        env: deps.env,
        openApi: (token) => openApi(settings, token, deps),
        trySocket: (appToken) => trySocket(slack, appToken, signal),
      }),
  };
}

interface Slack {
  readonly settings: SlackSettings;
  readonly deps: SlackDeps;
  /** Throws ConfigError where the token is not to be had. */
  readonly api: () => SlackApi;
  readonly report: (part: Partial<SlackStanding>) => void;
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

/** A token may come later, as a file: until then it is looked for again. */
async function attend(slack: Slack, front: Front, signal: AbortSignal): Promise<void> {
  let api = openIfThere(slack);
  while (api === null && !signal.aborted) {
    await pause(retryMs, signal);
    api = openIfThere(slack);
  }
  if (api !== null) {
    const receives = front.receives && canReceive(slack);
    await Promise.all([
      keepCards(upkeepOf(slack, api, { ...front, receives }), signal),
      ...(receives ? [receiveClicks(slack, { api, front, signal })] : []),
    ]);
  }
}

/** Without its secret no click reaches us, and a button would lie. */
function canReceive({ settings: { clicks }, deps, report }: Slack): boolean {
  try {
    if (clicks.kind !== 'none') {
      loadSecret(clicks.kind === 'socket' ? clicks.appToken : clicks.signingSecret, deps.env);
    }
    return clicks.kind !== 'none';
  } catch (error) {
    report({ trouble: troubleOf(error) });
    return false;
  }
}

const retryMs = 60_000;

function openIfThere(slack: Slack): SlackApi | null {
  try {
    const api = slack.api();
    slack.report({ trouble: null });
    return api;
  } catch (error) {
    slack.report({ trouble: troubleOf(error) });
    return null;
  }
}

function upkeepOf({ settings, report }: Slack, api: SlackApi, front: Front): KeepCardsInput {
  return {
    api,
    settings,
    front,
    onUpkeep: (upkeep) => report({ upkeep }),
  };
}

interface Attending {
  readonly api: SlackApi;
  readonly front: Front;
  readonly signal: AbortSignal;
}

/** Over HTTP the server hands them in, through the entrance. */
async function receiveClicks(slack: Slack, attending: Attending): Promise<void> {
  const { settings, deps, report } = slack;
  if (settings.clicks.kind === 'socket') {
    await receiveSocket({
      ...attending,
      settings,
      appToken: loadSecret(settings.clicks.appToken, deps.env),
      onState: (socket) => report({ socket }),
      onEvent: deps.onEvent ?? ignore,
    });
  }
}

function openEntrance(slack: Slack, front: () => Front | null): HttpEntrance | null {
  const { settings, deps, api } = slack;
  const { clicks } = settings;
  if (clicks.kind !== 'http') {
    return null;
  }
  const entrance = openOnce(() =>
    slackEntrance({
      settings,
      signingSecret: loadSecret(clicks.signingSecret, deps.env),
      api: api(),
      front,
      onEvent: deps.onEvent ?? ignore,
    }),
  );
  return {
    path: '/slack/interactivity',
    admits: (headers) => {
      try {
        return entrance().admits?.(headers) ?? true;
      } catch {
        // `handle` tells what is wrong; until that is put right nothing counts.
        return false;
      }
    },
    handle: async (request) => {
      try {
        return await entrance().handle(request);
      } catch (error) {
        slack.report({ trouble: troubleOf(error) });
        return { status: 503, body: '', contentType: 'text/plain' };
      }
    },
  };
}

/** One connection until it stands or does not. */
async function trySocket(
  { settings, deps }: Slack,
  appToken: string,
  signal: AbortSignal,
): Promise<SocketState> {
  const over = new AbortController();
  let last: SocketState = { kind: 'connecting' };
  await holdSocket({
    appToken,
    api: settings.api,
    pingTimeoutMs: settings.pingTimeoutMs,
    clock: deps.clock,
    signal: AbortSignal.any([signal, over.signal, AbortSignal.timeout(15_000)]),
    onEnvelope: ignore,
    onState: (state) => {
      last = state;
      if (state.kind !== 'connecting') {
        over.abort();
      }
    },
  });
  return last;
}

function openOnce<T>(open: () => T): () => T {
  let opened: { readonly value: T } | null = null;
  return () => {
    opened ??= { value: open() };
    return opened.value;
  };
}

/** A faulty setting is told; a bug is not for the health line. */
function troubleOf(error: unknown): string {
  if (error instanceof RunbookError) {
    return error.message;
  }
  throw error;
}

function ignore(): void {
  // Nobody wants to know.
}
