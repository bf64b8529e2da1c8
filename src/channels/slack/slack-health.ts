import { formatTime } from '../../base/clock.ts';
import type { Upkeep } from '../cards/keep-cards.ts';
import { type HealthPart, sayCards } from '../cards/say-cards.ts';
import type { ReceptionHealth } from '../channel.ts';
import type { SocketState } from './api/hold-socket.ts';
import { explainSlackCode } from './explain.ts';

/** What the parts of the channel last said of themselves. */
export interface SlackStanding {
  /** Why nothing can be done at all: a token that is not there. */
  readonly trouble: string | null;
  /** Null before anybody attends. */
  readonly upkeep: Upkeep | null;
  /** Null where no socket is to be held. */
  readonly socket: SocketState | null;
}

/** While nobody attends. */
export const idle: SlackStanding = { trouble: null, upkeep: null, socket: null };

/** The parts in one line; well only where all are. A server that does not attend takes no click: not well. */
export function slackHealth(
  { trouble, upkeep, socket }: SlackStanding,
  served: boolean,
): ReceptionHealth {
  const backlog = upkeep?.backlog ?? 0;
  if (trouble !== null) {
    return { ok: false, message: trouble, backlog };
  }
  if (upkeep === null) {
    return { ok: !served, message: 'not served yet', backlog };
  }
  const parts = [
    sayCards('Slack', upkeep, explainSlackCode),
    ...(socket === null ? [] : [saySocket(socket)]),
  ];
  return {
    ok: parts.every(({ ok }) => ok),
    message: parts.map(({ message }) => message).join('; '),
    backlog,
  };
}

function saySocket(socket: SocketState): HealthPart {
  switch (socket.kind) {
    case 'connecting':
      return { ok: true, message: 'connecting' };
    case 'lost':
      return { ok: false, message: `no socket since ${formatTime(socket.sinceMs)}: ${socket.why}` };
    case 'connected': {
      const since = `connected since ${formatTime(socket.sinceMs)}`;
      return socket.others === 0
        ? { ok: true, message: since }
        : {
            ok: false,
            message: `${since}, but ${socket.others} more use this app and take clicks away: one app for each journal`,
          };
    }
  }
}
