import { formatTime } from '../../base/clock.ts';
import type { ReceptionHealth } from '../channel.ts';
import type { SocketState } from './api/hold-socket.ts';
import type { Upkeep } from './card/keep-cards.ts';
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
  const parts = [sayCards(upkeep), ...(socket === null ? [] : [saySocket(socket)])];
  return {
    ok: parts.every(({ ok }) => ok),
    message: parts.map(({ message }) => message).join('; '),
    backlog,
  };
}

interface Part {
  readonly ok: boolean;
  readonly message: string;
}

function sayCards({ problem, backlog }: Upkeep): Part {
  const waiting = `${backlog} ${backlog === 1 ? 'card waits' : 'cards wait'}`;
  if (problem === null) {
    return { ok: true, message: backlog === 0 ? 'cards are up to date' : waiting };
  }
  const hint = explainSlackCode(problem.code);
  const since = `Slack answers \`${problem.code}\` since ${formatTime(problem.sinceMs)}, ${waiting}`;
  return { ok: false, message: hint === null ? since : `${since} (${hint})` };
}

function saySocket(socket: SocketState): Part {
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
