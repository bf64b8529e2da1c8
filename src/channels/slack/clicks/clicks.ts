import { ChatError } from '../../cards/chat-error.ts';
import {
  judgeClick,
  standingFor,
  unknownRequest,
  unrecorded,
  type Wish,
} from '../../cards/judge-click.ts';
import type { Answer, Front } from '../../channel.ts';
import type { SlackPlace } from '../api/slack-api.ts';
import { actionIds, parseButtonValue, parseRejectContext } from '../button-ids.ts';
import { slackDeck } from '../card/slack-board.ts';
import { type Inbox, tellFailure } from './inbox.ts';
import { type Click, type Sender, type Submission, senderName } from './payload.ts';
import { rejectView } from './reject-modal.ts';
import { askMember, identify } from './who.ts';

/** What somebody wants. The person is told beside the message whose button they pressed, and nobody else. */
interface SlackWish extends Wish<SlackPlace> {
  readonly sender: Sender;
  readonly thread: string | null;
}

/** Approve is a decision; Reject asks for a reason first. */
export async function takeClick(
  inbox: Inbox,
  front: Front,
  { click, raw }: { readonly click: Click; readonly raw: Buffer },
): Promise<void> {
  const { sender, channel, message, thread, value } = click;
  const wish: Omit<SlackWish, 'decision'> = {
    request: parseButtonValue(value),
    reason: null,
    sender,
    card: { channel, ts: message },
    thread,
    event: clickEvent(click),
    raw,
  };
  return click.action === actionIds.approve
    ? decide(inbox, front, { ...wish, decision: 'approve' })
    : askWhy(inbox, front, { click, wish: { ...wish, decision: 'reject' } });
}

/** The modal came back with its reason. */
export async function takeRejection(
  inbox: Inbox,
  front: Front,
  of: { readonly submission: Submission; readonly reason: string; readonly raw: Buffer },
): Promise<void> {
  const { sender, metadata } = of.submission;
  const context = parseRejectContext(metadata);
  if (context === null) {
    tell(inbox, sender, unknownRequest);
    return;
  }
  await decide(inbox, front, {
    decision: 'reject',
    request: context.request,
    reason: of.reason,
    sender,
    card: context.place,
    thread: null,
    event: viewEvent(of.submission),
    raw: of.raw,
  });
}

/** Names a click for ever: Slack gives no two of one user the same time. */
export function clickEvent({ sender, message, action, at }: Click): string {
  return `${senderName(sender)}/${message}/${action}/${at}`;
}

/** Names a modal that was sent; it closes with it. */
export function viewEvent({ sender, view }: Submission): string {
  return `${senderName(sender)}/${view}`;
}

/** The one way a wish becomes a decision; the person hears what became of it. */
async function decide(inbox: Inbox, front: Front, wish: SlackWish): Promise<void> {
  const answer = await judge(inbox, front, wish).catch((error: unknown) => {
    tellFailure(inbox, senderName(wish.sender), error);
    return unrecorded;
  });
  tell(inbox, wish.sender, answer);
  await whisper(inbox, wish, answer);
}

function judge({ settings, api }: Inbox, front: Front, wish: SlackWish): Promise<Answer> {
  const deck = slackDeck(settings.buttons);
  return judgeClick({ deck, front }, wish, async (people) => {
    const member = await askMember(api, wish.sender, patienceMs);
    return member.kind === 'member' ? identify(people, member, settings) : member;
  });
}

/** Nobody waits for this answer but the person; Slack has had its own. */
const patienceMs = 10_000;

/**
 * Opened before anybody asks who it is: the trigger lives three seconds, and the modal gives nothing
 * away. Who sends it is asked then.
 */
async function askWhy(
  inbox: Inbox,
  front: Front,
  { click, wish }: { readonly click: Click; readonly wish: SlackWish },
): Promise<void> {
  const request = await standingFor(slackDeck(inbox.settings.buttons), front, wish);
  if ('refusal' in request) {
    tell(inbox, wish.sender, request.refusal);
    await whisper(inbox, wish, request.refusal);
    return;
  }
  try {
    const view = rejectView({ request: request.hash, place: wish.card }, request.words);
    await inbox.api.openView(click.trigger, view);
    const message = 'asked for a reason';
    inbox.tell({ kind: 'opened', code: 'opened', message, sender: senderName(wish.sender) });
  } catch (error) {
    if (!(error instanceof ChatError)) {
      throw error;
    }
    const answer = {
      accepted: false,
      code: 'modal_failed',
      message: `Slack did not open the window for your reason (\`${error.code}\`), so nothing was decided`,
      hint: `press Reject again, or run \`runbook reject ${request.content.id} --reason TEXT\``,
    };
    tell(inbox, wish.sender, answer);
    await whisper(inbox, wish, answer);
  }
}

function tell(inbox: Inbox, sender: Sender, { accepted, code, message }: Answer): void {
  const kind = accepted ? 'recorded' : 'refused';
  inbox.tell({ kind, code, message, sender: senderName(sender) });
}

/** For this person alone. Where Slack does not take it, the card still shows how things stand. */
async function whisper(inbox: Inbox, wish: SlackWish, answer: Answer): Promise<void> {
  const { card, thread } = wish;
  const text = answer.hint === null ? answer.message : `${answer.message}\n${answer.hint}`;
  await inbox.api.whisper({
    channel: card.channel,
    user: wish.sender.user,
    text,
    ...(thread === null ? {} : { thread }),
  });
}
