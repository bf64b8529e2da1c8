import type { Upkeep } from '../cards/keep-cards.ts';
import { sayCards } from '../cards/say-cards.ts';
import type { ReceptionHealth } from '../channel.ts';
import { explainTeamsCode } from './explain.ts';

/** What the parts of the channel last said of themselves. */
export interface TeamsStanding {
  /** Why nothing can be done at all: a secret that is not there. */
  readonly trouble: string | null;
  /** Null before anybody attends. */
  readonly upkeep: Upkeep | null;
}

/** While nobody attends. */
export const idle: TeamsStanding = { trouble: null, upkeep: null };

/** A server that does not attend takes no click: not well. */
export function teamsHealth({ trouble, upkeep }: TeamsStanding, served: boolean): ReceptionHealth {
  if (trouble !== null) {
    return { ok: false, message: trouble, backlog: upkeep?.backlog ?? 0 };
  }
  return upkeep === null
    ? { ok: !served, message: 'not served yet', backlog: 0 }
    : { ...sayCards('Teams', upkeep, explainTeamsCode), backlog: upkeep.backlog };
}
