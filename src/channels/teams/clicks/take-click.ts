import { setTimeout } from 'node:timers/promises';
import type { JsonObject } from '../../../base/json.ts';
import { readCardNote } from '../../cards/card-note.ts';
import { failureEvent } from '../../cards/chat-event.ts';
import { judgeClick, unknownRequest, unrecorded, type Wish } from '../../cards/judge-click.ts';
import { readReason } from '../../cards/typed-reason.ts';
import type { Answer, Front } from '../../channel.ts';
import { type TeamsPlace, withoutThread } from '../api/teams-api.ts';
import { type PressedButton, readPressed } from '../card/actions.ts';
import { teamsDeck } from '../card/teams-board.ts';
import { type Activity, senderName } from './activity.ts';
import { type Response, showClicker, tellClicker } from './answers.ts';
import type { Inbox } from './inbox.ts';
import { tellLate } from './tell-late.ts';
import { identifySender } from './who.ts';

/** An activity that came in, with what is kept of it as evidence. */
export interface Delivery {
  readonly activity: Activity;
  readonly raw: Buffer;
}

/**
 * Decides what a button of ours asks for, and answers whoever pressed it: with the card as it is now, or why
 * nothing was decided. Where that takes long they are told so, and it is decided all the same.
 */
export function takeClick(inbox: Inbox, front: Front, delivery: Delivery): Promise<Response> {
  return inbox.deciding.get(eventOf(delivery.activity)) ?? begin(inbox, front, delivery);
}

/** What became of a click, and the card as it is now where something did. */
interface Decided {
  readonly answer: Answer;
  readonly card: JsonObject | null;
}

function begin(inbox: Inbox, front: Front, delivery: Delivery): Promise<Response> {
  const { deciding, working } = inbox;
  const { activity } = delivery;
  const event = eventOf(activity);
  const fail = (error: unknown): void => inbox.tell(failureEvent(senderName(activity), error));
  const decided = decide(inbox, front, delivery).catch((error: unknown): Decided => {
    fail(error);
    return { answer: unrecorded, card: null };
  });
  const response = respondInTime(decided);
  const work = Promise.all([decided, response])
    .then(([{ answer }, { late }]) => (late ? tellLate(inbox, front, { activity, answer }) : null))
    .catch(fail);
  const answered = response.then(({ given }) => given);
  deciding.set(event, answered);
  working.add(work);
  void work.then(() => {
    deciding.delete(event);
    working.delete(work);
  });
  return answered;
}

/** Teams waits some seconds, and the server three. */
const patienceMs = 2_500;

const stillDeciding: Pick<Answer, 'message' | 'hint'> = {
  message: 'your decision has come in, and is still being checked',
  hint: 'the card shows what became of it, or an answer below it why nothing did',
};

async function respondInTime(
  decided: Promise<Decided>,
): Promise<{ readonly given: Response; readonly late: boolean }> {
  const over = new AbortController();
  const late = setTimeout(patienceMs, null, { signal: over.signal });
  late.catch(() => undefined);
  const first = await Promise.race([decided, late]);
  over.abort();
  if (first === null) {
    return { given: tellClicker(stillDeciding), late: true };
  }
  const { card, answer } = first;
  return { given: card === null ? tellClicker(answer) : showClicker(card), late: false };
}

async function decide(inbox: Inbox, front: Front, delivery: Delivery): Promise<Decided> {
  const { activity } = delivery;
  const answer = await judge(inbox, front, delivery);
  const { accepted, code, message } = answer;
  if (accepted) {
    inbox.seen.remember(eventOf(activity), front.clock.now().wallMs);
  }
  const kind = accepted ? 'recorded' : 'refused';
  inbox.tell({ kind, code, message, sender: senderName(activity) });
  return { answer, card: accepted ? await cardNow(inbox, front, activity) : null };
}

async function judge(
  { api, settings }: Inbox,
  front: Front,
  { activity, raw }: Delivery,
): Promise<Answer> {
  const button = readPressed(activity.value);
  if (button === null || activity.replyToId === undefined) {
    return unknownRequest;
  }
  const typed = reasonOf(button);
  if ('problem' in typed) {
    return { accepted: false, code: 'reason_unfit', message: typed.problem, hint: null };
  }
  const wish: Wish<TeamsPlace> = {
    decision: button.decision,
    request: button.request,
    reason: typed.reason,
    card: {
      service_url: activity.serviceUrl,
      conversation: withoutThread(activity.conversation.id),
      activity: activity.replyToId,
    },
    event: eventOf(activity),
    raw,
  };
  const deck = teamsDeck(settings.buttons);
  return judgeClick({ deck, front }, wish, (people) => identifySender(api, people, activity));
}

/** Names a click for ever. */
export function eventOf({ conversation, id }: Activity): string {
  return `teams:${withoutThread(conversation.id)}/${id}`;
}

/** A rejection needs its reason; an approval may have one. Judged here: a forged card asks for nothing. */
function reasonOf({
  decision,
  reason,
}: PressedButton): { readonly reason: string | null } | { readonly problem: string } {
  if (decision === 'approve' && reason.trim() === '') {
    return { reason: null };
  }
  const typed = readReason(reason);
  return typed.kind === 'reason' ? { reason: typed.reason } : { problem: typed.problem };
}

async function cardNow(
  { settings: { buttons } }: Inbox,
  front: Front,
  { value }: Activity,
): Promise<JsonObject | null> {
  const hash = readPressed(value)?.request ?? null;
  const id = hash === null ? null : await front.find(hash);
  if (id === null) {
    return null;
  }
  const deck = teamsDeck(buttons);
  const note = await readCardNote({ notes: front.notes, place: deck.place }, id);
  const { url, receives, clock } = front;
  const look = { nowMs: clock.now().wallMs, url, receives, buttons, replacedBy: null };
  return deck.show(await front.look(id), { ...look, short: note?.short ?? false }).message.card;
}
