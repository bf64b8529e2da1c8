import { formatTime } from '../../base/clock.ts';
import type { Upkeep } from './keep-cards.ts';

/** One part of a channel's health. */
export interface HealthPart {
  readonly ok: boolean;
  readonly message: string;
}

/** How the cards stand, in words; `explain` says where to look when the chat refuses. */
export function sayCards(
  chat: string,
  { problem, backlog }: Upkeep,
  explain: (code: string) => string | null,
): HealthPart {
  const waiting = `${backlog} ${backlog === 1 ? 'card waits' : 'cards wait'}`;
  if (problem === null) {
    return { ok: true, message: backlog === 0 ? 'cards are up to date' : waiting };
  }
  const hint = explain(problem.code);
  const since = `${chat} answers \`${problem.code}\` since ${formatTime(problem.sinceMs)}, ${waiting}`;
  return { ok: false, message: hint === null ? since : `${since} (${hint})` };
}
