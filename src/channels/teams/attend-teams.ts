import type { Chat } from '../cards/chat.ts';
import { finishWorking } from '../cards/finish-working.ts';
import { keepCards, showCards, type Upkeep } from '../cards/keep-cards.ts';
import { ifThere, lookFor } from '../cards/look-for.ts';
import type { Front } from '../channel.ts';
import { untilAborted } from '../pause.ts';
import type { TeamsApi } from './api/teams-api.ts';
import { openTeamsBoard } from './card/teams-board.ts';
import type { TeamsSettings } from './settings.ts';
import type { TeamsStanding } from './teams-health.ts';

export type Teams = Chat<TeamsSettings, TeamsApi, TeamsStanding>;

/**
 * Cards out until `signal` aborts; clicks come in through the entrance, and so only where a server mounts it:
 * elsewhere cards have no buttons, since a button would lie. The secret may come later, as a file.
 */
export async function attendTeams(teams: Teams, front: Front, signal: AbortSignal): Promise<void> {
  const api = await lookFor(() => ifThere(teams.api, teams.report), teams.retryMs, signal);
  if (api === null) {
    return;
  }
  const receives = front.receives && teams.served;
  await Promise.all([
    keepCards(upkeepOf(teams, api, { ...front, receives }), signal),
    untilAborted(signal),
  ]);
  await finishWorking(teams.working);
}

/** Shows once what is open; without a secret, nothing. */
export async function tellTeams(teams: Teams, front: Front, signal: AbortSignal): Promise<void> {
  const api = ifThere(teams.api, teams.report);
  if (api !== null) {
    await showCards(upkeepOf(teams, api, { ...front, receives: false }), signal);
  }
}

function upkeepOf({ settings, report }: Teams, api: TeamsApi, front: Front) {
  const board = openTeamsBoard(api, settings, front.notes);
  return { board, front, onUpkeep: (upkeep: Upkeep) => report({ upkeep }) };
}
