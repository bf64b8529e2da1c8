import { loadSecret } from '../../base/secret-source.ts';
import type { Chat } from '../cards/chat.ts';
import { finishWorking } from '../cards/finish-working.ts';
import { keepCards, showCards, type Upkeep } from '../cards/keep-cards.ts';
import { ifThere, lookFor } from '../cards/look-for.ts';
import type { Front } from '../channel.ts';
import { untilAborted } from '../pause.ts';
import type { SlackApi } from './api/slack-api.ts';
import { receiveSocket } from './api/socket.ts';
import { openSlackBoard } from './card/slack-board.ts';
import type { SlackSettings } from './settings.ts';
import type { SlackStanding } from './slack-health.ts';

export interface Slack extends Chat<SlackSettings, SlackApi, SlackStanding> {
  /** Where tokens are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Cards out and clicks in until `signal` aborts. Secrets may come later, as files: until then they are
 * looked for again, and without the one for clicks cards have no buttons, since a button would lie.
 */
export async function attendSlack(slack: Slack, front: Front, signal: AbortSignal): Promise<void> {
  const api = await lookFor(() => openIfThere(slack), slack.retryMs, signal);
  if (api === null) {
    return;
  }
  // What fails takes the rest with it: attended again, there would be a second socket.
  const over = new AbortController();
  const attending = { api, front, signal: AbortSignal.any([signal, over.signal]) };
  try {
    await (front.receives && canBeReached(slack)
      ? attendWhole(slack, attending)
      : attendCards(slack, attending));
  } finally {
    over.abort();
  }
}

async function attendWhole(slack: Slack, attending: Attending): Promise<void> {
  const secret = readClickSecret(slack) ?? (await showUntilSecret(slack, attending));
  if (secret !== null) {
    const { api, front, signal } = attending;
    await Promise.all([
      keepCards(upkeepOf(slack, { api, front }), signal),
      receiveClicks(slack, { ...attending, secret }),
    ]);
  }
}

function attendCards(slack: Slack, { api, front, signal }: Attending): Promise<void> {
  return keepCards(upkeepOf(slack, { api, front: { ...front, receives: false } }), signal);
}

/** Shows once what is open; without a token, nothing. */
export async function tellSlack(slack: Slack, front: Front, signal: AbortSignal): Promise<void> {
  const api = openIfThere(slack);
  if (api !== null) {
    await showCards(upkeepOf(slack, { api, front }), signal);
  }
}

/** Over HTTP only a server is reached: a run that waits in a terminal has no address. */
function canBeReached({ settings: { clicks }, served }: Slack): boolean {
  return clicks.kind === 'socket' || (clicks.kind === 'http' && served);
}

interface Attending {
  readonly api: SlackApi;
  readonly front: Front;
  readonly signal: AbortSignal;
}

/** Keeps cards without buttons until the secret for clicks is there; null where `signal` aborts first. */
async function showUntilSecret(slack: Slack, attending: Attending): Promise<string | null> {
  const there = new AbortController();
  const [secret] = await Promise.all([
    lookFor(() => readClickSecret(slack), slack.retryMs, attending.signal).finally(() =>
      there.abort(),
    ),
    attendCards(slack, {
      ...attending,
      signal: AbortSignal.any([attending.signal, there.signal]),
    }),
  ]);
  return secret;
}

/** Over HTTP the server hands them in, through the entrance. */
async function receiveClicks(
  { settings, report, onEvent, working }: Slack,
  { secret, ...attending }: Attending & { readonly secret: string },
): Promise<void> {
  const { signal } = attending;
  if (settings.clicks.kind === 'socket') {
    await receiveSocket({
      ...attending,
      settings,
      appToken: secret,
      onState: (socket) => report({ socket }),
      onEvent,
      working,
    });
  }
  await untilAborted(signal);
  await finishWorking(working);
}

function openIfThere({ api, report }: Slack): SlackApi | null {
  return ifThere(api, report);
}

function readClickSecret({ settings: { clicks }, env, report }: Slack): string | null {
  return clicks.kind === 'none'
    ? null
    : ifThere(
        () => loadSecret(clicks.kind === 'socket' ? clicks.appToken : clicks.signingSecret, env),
        report,
      );
}

function upkeepOf({ settings, report }: Slack, { api, front }: Pick<Attending, 'api' | 'front'>) {
  const board = openSlackBoard(api, settings);
  return { board, front, onUpkeep: (upkeep: Upkeep) => report({ upkeep }) };
}
