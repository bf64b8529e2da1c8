import { RunbookError } from '../../base/errors.ts';
import type { RequestId } from '../../base/ids.ts';
import type { Desk } from '../../channels/channel.ts';
import type { Due } from '../../run/next.ts';
import { exportRequest } from '../decision/export-request.ts';
import { recordDecision } from '../decision/record-decision.ts';
import { attendReceptions, tellReceptions } from '../office/attend-receptions.ts';
import { JournalFeed } from '../office/feed.ts';
import { describeRequest } from '../report/describe-request.ts';
import type { DriveOptions } from '../service.ts';
import type { Session } from '../session.ts';
import { lookOut } from './look-out.ts';
import { remind } from './remind.ts';

/**
 * Waits at a gate as long as the caller wants to: told to listener and channels first, then polled, since
 * a decision may come from any process. `stop` leaves everything as it is, but for what lay there
 * already: a decision left in the spool counts at once. The run can be resumed.
 */
export async function awaitDecision(
  session: Session,
  due: Extract<Due, { kind: 'await' }>,
  options: DriveOptions,
): Promise<'changed' | 'stop'> {
  if (options.wait === 'stop' && (await tell(session)) === 'changed') {
    return 'changed';
  }
  const detail = await describeRequest(session.engine, due.request.content.id);
  session.listener.waiting(detail);
  if (options.wait === 'stop') {
    return 'stop';
  }
  const leave = new AbortController();
  const asked = session.engine.channels.map((channel) =>
    channel.ask(detail, deskOf(session, detail.content.id), leave.signal),
  );
  const attended = receive(session, leave.signal);
  try {
    const dueMs = Date.parse(due.request.content.limits.pending_until);
    const meanwhile = (): Promise<boolean> => remind(session, due.request.content.id);
    return await lookOut(session, { dueMs, meanwhile }, options);
  } finally {
    leave.abort();
    await Promise.allSettled([...asked, attended]);
  }
}

/** A reception that is told may find what was left for it. */
async function tell(session: Session): Promise<'changed' | 'same'> {
  const before = session.state.version;
  await tellReceptions(session.engine);
  await session.refresh();
  return session.state.version === before ? 'same' : 'changed';
}

/** While it waits, this process may be the store's receiver, where no other is. */
async function receive({ engine }: Session, signal: AbortSignal): Promise<void> {
  if (engine.receptions.length === 0) {
    return;
  }
  const feed = new JournalFeed(engine.store);
  await attendReceptions(engine, { feed, url: null, signal });
  feed.close();
}

/** What a channel received goes the same way as every other decision. */
function deskOf(session: Session, request: RequestId): Desk {
  return {
    file: () => exportRequest(session.engine, request, null),
    submit: async (signed, channel) => {
      try {
        const report = await recordDecision(session.engine, signed, channel);
        return { accepted: true, message: `${report.decision} by ${report.person} recorded` };
      } catch (error) {
        if (error instanceof RunbookError) {
          return {
            accepted: false,
            message: error.hint === undefined ? error.message : `${error.message}: ${error.hint}`,
          };
        }
        throw error;
      }
    },
  };
}
