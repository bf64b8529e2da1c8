import { decodeUtf8 } from '../../../base/utf8.ts';
import { ChatError } from '../../cards/chat-error.ts';
import { failureEvent } from '../../cards/chat-event.ts';
import type { Front, HttpEntrance } from '../../channel.ts';
import { type Activity, readActivity, senderName } from './activity.ts';
import { refuseActivity } from './admit.ts';
import { empty, type Response, tellClicker } from './answers.ts';
import { callEvidence } from './evidence.ts';
import type { Inbox } from './inbox.ts';
import { eventOf, takeClick } from './take-click.ts';
import { takeInstallation } from './take-installation.ts';
import { bringsToken, type Caller, verifyToken } from './verify-token.ts';

/**
 * Where Teams calls us (the bot's messaging endpoint). 401 without a token of Microsoft's for this app; 403
 * for an activity of another service, channel or tenant; 503 while nobody attends, or Microsoft does not say
 * its keys. The same activity again does nothing, once something came of it.
 */
export function teamsEntrance(inbox: Inbox, attended: () => Front | null): HttpEntrance {
  return {
    path: '/teams/messages',
    admits: (headers) => attended() !== null && (inbox.keys === null || bringsToken(headers)),
    async handle({ headers, body }) {
      const front = attended();
      if (front === null) {
        return empty(503);
      }
      try {
        const caller = await identifyCaller(inbox, front, headers);
        if (caller?.kind === 'forged') {
          inbox.tell({
            kind: 'refused',
            code: caller.code,
            message: 'a call that is not of Teams',
            sender: null,
          });
          return empty(401);
        }
        return await receive(inbox, front, { body, caller });
      } catch (error) {
        inbox.tell(failureEvent(null, error));
        return empty(error instanceof ChatError ? 503 : 500);
      }
    },
  };
}

type Verified = Extract<Caller, { kind: 'verified' }>;

/** Null is a test's counterpart on this machine, which brings no token. */
async function identifyCaller(
  { keys, settings: { appId } }: Inbox,
  { clock }: Front,
  headers: Readonly<Record<string, string>>,
): Promise<Caller | null> {
  return keys === null ? null : verifyToken(headers, { appId, keys }, clock.now().wallMs);
}

async function receive(
  inbox: Inbox,
  front: Front,
  call: { readonly body: Buffer; readonly caller: Verified | null },
): Promise<Response> {
  const decoded = decodeUtf8(call.body);
  const body = 'text' in decoded ? decoded.text : '';
  const activity = readActivity(body);
  if (activity === null) {
    ignore(inbox, { code: 'ignored', message: 'no activity that we read', sender: null });
    return empty(400);
  }
  const sender = senderName(activity);
  const problem = refuseActivity(activity, inbox.settings, call.caller?.serviceUrl ?? null);
  if (problem !== null) {
    inbox.tell({
      kind: 'refused',
      code: problem,
      message: 'an activity that is not for us',
      sender,
    });
    return empty(403);
  }
  if (inbox.seen.has(eventOf(activity), front.clock.now().wallMs)) {
    ignore(inbox, { code: 'replayed', message: 'an activity of before', sender });
    return isClick(activity) ? tellClicker(before) : empty(200);
  }
  const raw = callEvidence({ kid: call.caller?.kid ?? null, body });
  return take(inbox, front, { activity, raw, sender });
}

const before = {
  message: 'this came in before, and your decision was recorded then',
  hint: 'the card shows what became of it',
};

function isClick({ type, name }: Activity): boolean {
  return type === 'invoke' && name === 'adaptiveCard/action';
}

async function take(
  inbox: Inbox,
  front: Front,
  of: { readonly activity: Activity; readonly raw: Buffer; readonly sender: string | null },
): Promise<Response> {
  const { activity, sender } = of;
  if (isClick(activity)) {
    return takeClick(inbox, front, of);
  }
  const installed = await takeInstallation(front, activity);
  inbox.seen.remember(eventOf(activity), front.clock.now().wallMs);
  if (installed === null) {
    ignore(inbox, { code: 'ignored', message: `\`${activity.type}\` of no interest`, sender });
  } else {
    inbox.tell({ kind: 'linking', code: 'installation', message: installed, sender });
  }
  return empty(200);
}

function ignore(
  { tell }: Inbox,
  of: { readonly code: string; readonly message: string; readonly sender: string | null },
): void {
  tell({ kind: 'ignored', ...of });
}
