import type { RequestState } from '../../../approval/request-state.ts';
import { sha256 } from '../../../base/digest.ts';
import type { Front, JournalEntry, StandingRequest } from '../../channel.ts';
import { type SlackApi, SlackError } from '../api/slack-api.ts';
import { channelFor, type SlackSettings } from '../settings.ts';
import { type CardNote, readCardNote, writeCardNote } from './card-note.ts';
import type { CardTask } from './card-queue.ts';
import { outcomeFor, type Reply, replyTo, tellReminded, tellRequester } from './card-thread.ts';
import { messageOf } from './message.ts';
import { stateAt, takesDecisions } from './message-state.ts';

export interface Keeper {
  readonly api: SlackApi;
  readonly settings: SlackSettings;
  readonly front: Front;
  /** Last entry that was taken in: what a new card shows, its thread need not tell. */
  readonly seen: () => number;
}

/**
 * Makes Slack show what the journal says of one request: posts its card, rewrites it, tells its thread
 * and whoever asked. Answers when the card must be looked at again though nothing happens, null for
 * never. Throws SlackError where Slack would not; done again, it goes on where it stopped.
 *
 * Each step is noted after it was taken: a crash in between takes it again, so that a card or a reply may
 * stand there twice, and never not at all.
 */
export async function settleCard(keeper: Keeper, task: CardTask): Promise<number | null> {
  const { front } = keeper;
  const standing = endedWith(task, await front.look(task.request));
  const state = stateAt(standing, front.clock.now().wallMs);
  const card: Card = { keeper, task, standing, state };
  const note = await readCardNote(front.notes, task.request);
  const shown = note === null ? await postMissing(card) : await refresh(card, note);
  if (shown === null) {
    return null;
  }
  const told = await tellThread(card, shown);
  return told === 'done' ? null : changesAt(card);
}

/** With its run a request ends too, whatever else is true of it. */
function endedWith({ entries }: CardTask, standing: StandingRequest): StandingRequest {
  const ended = entries.some(({ type }) => type === 'run.finished');
  return ended && takesDecisions(standing.state) ? { ...standing, state: 'cancelled' } : standing;
}

interface Card {
  readonly keeper: Keeper;
  readonly task: CardTask;
  readonly standing: StandingRequest;
  readonly state: RequestState;
}

/** Still to be decided, to be used, or to be reviewed: what broke the glass is shown though it began meanwhile. */
function isOpen({ state, standing }: Pick<Card, 'state' | 'standing'>): boolean {
  return takesDecisions(state) || state === 'approved' || isOwed(standing);
}

function isOwed({ review }: StandingRequest): boolean {
  return review !== null && review.review === null;
}

/** Without an entry: the request expires, or its approval lapses. */
function changesAt({ standing, state }: Card): number | null {
  const { pending_until, unused_ms } = standing.content.limits;
  if (takesDecisions(state)) {
    return Date.parse(pending_until);
  }
  const approved = Math.max(...standing.decisions.map(({ time }) => Date.parse(time)));
  return state === 'approved' && Number.isFinite(approved) ? approved + unused_ms : null;
}

/** A request that ended before anybody could see it gets no card. */
async function postMissing(card: Card): Promise<CardNote | null> {
  return isOpen(card) ? postCard(card, { thread_seq: card.keeper.seen(), told: null }) : null;
}

async function postCard(
  card: Card,
  past: Pick<CardNote, 'thread_seq' | 'told'>,
): Promise<CardNote> {
  const { api, settings } = card.keeper;
  const channel = channelFor(settings, card.standing.content.target.environment);
  const message = await build(card, false);
  const { answer, shown } = await send(card, message, (fit) => api.post({ channel, ...fit }));
  return keep(card, { ...past, ...answer, ...shown });
}

/** Null where the card is gone and nobody needs it any more. */
async function refresh(card: Card, note: CardNote): Promise<CardNote | null> {
  const message = await build(card, note.short);
  if (shownBy(message) === note.shown) {
    return note;
  }
  try {
    const { api } = card.keeper;
    const { shown } = await send(card, message, (fit) => api.update(note, fit));
    return await keep(card, { ...note, ...shown });
  } catch (error) {
    if (!(error instanceof SlackError && gone.has(error.code))) {
      throw error;
    }
  }
  if (isOpen(card)) {
    return postCard(card, note);
  }
  await forget(card);
  return null;
}

/** Deleted, or posted by an app that is ours no more. */
const gone: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message']);

/** Slack counts in a way of its own: where it finds our count wrong, the card is shortened. */
const tooLong: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
]);

interface Built extends Reply {
  readonly short: boolean;
}

async function send<Answer>(
  card: Card,
  { text, blocks, short }: Built,
  deliver: (message: Reply) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly shown: Pick<CardNote, 'shown' | 'short'> }> {
  try {
    const answer = await deliver({ text, blocks });
    return { answer, shown: { shown: shownBy({ text, blocks }), short } };
  } catch (error) {
    if (!short && error instanceof SlackError && tooLong.has(error.code)) {
      return send(card, await build(card, true), deliver);
    }
    throw error;
  }
}

async function build(card: Card, short: boolean): Promise<Built> {
  const { front, settings } = card.keeper;
  const { text, blocks } = messageOf(card.standing, {
    nowMs: front.clock.now().wallMs,
    url: front.url,
    receives: front.receives,
    buttons: settings.buttons,
    replacedBy: card.state === 'superseded' ? await findSuccessor(front, card.standing) : null,
    short,
  });
  return { text, blocks, short };
}

function shownBy({ text, blocks }: Reply): string {
  return sha256(JSON.stringify([text, blocks]));
}

/** Words of the request that took this one's place, once it is made. */
async function findSuccessor(front: Front, { content }: StandingRequest): Promise<string | null> {
  const all = await front.requestsOf(content.run);
  for (const later of all.slice(all.indexOf(content.id) + 1)) {
    const { content: next, words } = await front.look(later);
    if (next.supersedes?.request === content.id) {
      return words;
    }
  }
  return null;
}

/** Entries that came since, then the outcome. `done` where nothing will change any more. */
async function tellThread(card: Card, from: CardNote): Promise<'open' | 'done'> {
  let note = from;
  for (const entry of card.task.entries.filter(({ seq }) => seq > note.thread_seq)) {
    const reply = await replyOf(card, entry);
    if (reply !== null) {
      await answerIn(card, note, reply);
    }
    // The run's end is told and forgotten in one, where nothing is owed: noted alone, a crash would leave a
    // note for ever.
    if (entry.type !== 'run.finished' || isOwed(card.standing)) {
      note = await keep(card, { ...note, thread_seq: entry.seq });
    }
  }
  const outcome = outcomeFor(card.state);
  if (outcome !== null && outcome !== note.told) {
    await answerIn(card, note, await outcomeReply(card, outcome));
    note = await keep(card, { ...note, told: outcome });
  }
  const ended = card.task.entries.some(({ type }) => type === 'run.finished');
  const { review } = card.standing;
  if (review === null ? !ended && !final.has(card.state) : review.review === null) {
    return 'open';
  }
  await forget(card);
  return 'done';
}

/** A reminder mentions whom it goes to; of what is over nobody need be reminded. */
async function replyOf(card: Card, entry: JournalEntry): Promise<Reply | null> {
  const { keeper, standing, state } = card;
  const reply = replyTo(entry, standing);
  if (reply === null || entry.type !== 'approval.reminded') {
    return reply;
  }
  const people = keeper.front.people();
  return takesDecisions(state)
    ? tellReminded(entry, standing, { people, self: await keeper.api.whoAmI() })
    : null;
}

/** What comes after these belongs to another request. After the others the run goes on, or ends. */
const final: ReadonlySet<RequestState> = new Set(['expired', 'lapsed', 'cancelled', 'superseded']);

async function outcomeReply({ keeper, standing }: Card, outcome: string): Promise<Reply> {
  const people = keeper.front.people();
  return tellRequester(standing, outcome, { people, self: await keeper.api.whoAmI() });
}

/** A thread whose card was deleted is nobody's. */
async function answerIn({ keeper }: Card, note: CardNote, reply: Reply): Promise<void> {
  try {
    await keeper.api.post({ channel: note.channel, thread: note.ts, ...reply });
  } catch (error) {
    if (!(error instanceof SlackError && lost.has(error.code))) {
      throw error;
    }
  }
}

const lost: ReadonlySet<string> = new Set([...gone, 'thread_not_found']);

async function keep({ keeper, task }: Card, note: CardNote): Promise<CardNote> {
  await writeCardNote(keeper.front.notes, task.request, note);
  return note;
}

async function forget({ keeper, task }: Card): Promise<void> {
  await writeCardNote(keeper.front.notes, task.request, null);
}
