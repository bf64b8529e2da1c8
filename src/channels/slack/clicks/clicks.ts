import type { Sha256 } from '../../../base/ids.ts';
import type { Answer, Front, StandingRequest } from '../../channel.ts';
import { SlackError, type SlackPlace } from '../api/slack-api.ts';
import { actionIds, parseButtonValue, parseRejectContext } from '../button-ids.ts';
import { refuseCard } from './card-gate.ts';
import { type Inbox, tellFailure } from './inbox.ts';
import { type Click, type Sender, type Submission, senderName } from './payload.ts';
import { rejectView } from './reject-modal.ts';
import { askMember, identify } from './who.ts';

/** What somebody wants, as it came. Nothing in it is believed but the ids that Slack vouches for. */
interface Wish {
  readonly decision: 'approve' | 'reject';
  /** Leaf hash of the request that the card shows; null where the button named none. */
  readonly request: Sha256 | null;
  readonly reason: string | null;
  readonly sender: Sender;
  /** The message whose button was pressed. The person is told beside it, and nobody else. */
  readonly card: SlackPlace;
  readonly thread: string | null;
  readonly event: string;
  readonly raw: Buffer;
}

/** Approve is a decision; Reject asks for a reason first. */
export async function takeClick(
  inbox: Inbox,
  front: Front,
  { click, raw }: { readonly click: Click; readonly raw: Buffer },
): Promise<void> {
  const { sender, channel, message, thread, value } = click;
  const wish: Omit<Wish, 'decision'> = {
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
async function decide(inbox: Inbox, front: Front, wish: Wish): Promise<void> {
  const answer = await judge(inbox, front, wish).catch((error: unknown) => {
    tellFailure(inbox, senderName(wish.sender), error);
    return unrecorded;
  });
  tell(inbox, wish.sender, answer);
  await whisper(inbox, wish, answer);
}

/** What went wrong is for whoever keeps the server; the person hears that it did. */
const unrecorded: Answer = {
  accepted: false,
  code: 'unrecorded',
  message: 'something went wrong here, and your decision may not have been recorded',
  hint: 'the card shows how the request stands',
};

async function judge(inbox: Inbox, front: Front, wish: Wish): Promise<Answer> {
  const request = await standing(inbox, front, wish);
  if ('refusal' in request) {
    return request.refusal;
  }
  const member = await askMember(inbox.api, wish.sender, patienceMs);
  const who = member.kind === 'member' ? identify(front.people(), member, inbox.settings) : member;
  if (who.kind === 'refused') {
    return { ...who, accepted: false };
  }
  return front.attest({
    request: request.hash,
    decision: wish.decision,
    reason: wish.reason,
    identity: who.identity,
    matchedBy: who.matchedBy,
    event: wish.event,
    raw: wish.raw,
  });
}

/** Nobody waits for this answer but the person; Slack has had its own. */
const patienceMs = 10_000;

/** The stored request that the card is of, or why the card counts for nothing. */
async function standing(
  inbox: Inbox,
  front: Front,
  wish: Wish,
): Promise<StandingRequest | { readonly refusal: Answer }> {
  const id = wish.request === null ? null : await front.find(wish.request);
  if (id === null) {
    return { refusal: unknownRequest };
  }
  const request = await front.look(id);
  const refusal = await refuseCard(inbox.settings, front, { ...wish, request });
  return refusal === null ? request : { refusal };
}

const unknownRequest: Answer = {
  accepted: false,
  code: 'request_unknown',
  message: 'this card is of no request that this journal has, so nothing was decided',
  hint: '`runbook requests` lists what waits',
};

/**
 * Opened before anybody asks who it is: the trigger lives three seconds, and the modal gives nothing
 * away. Who sends it is asked then.
 */
async function askWhy(
  inbox: Inbox,
  front: Front,
  { click, wish }: { readonly click: Click; readonly wish: Wish },
): Promise<void> {
  const request = await standing(inbox, front, wish);
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
    if (!(error instanceof SlackError)) {
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
async function whisper(inbox: Inbox, wish: Wish, answer: Answer): Promise<void> {
  const { card, thread } = wish;
  const text = answer.hint === null ? answer.message : `${answer.message}\n${answer.hint}`;
  await inbox.api.whisper({
    channel: card.channel,
    user: wish.sender.user,
    text,
    ...(thread === null ? {} : { thread }),
  });
}
