import type { RequestState } from '../../approval/request-state.ts';
import { sha256 } from '../../base/digest.ts';
import type { Front, JournalEntry, StandingRequest } from '../channel.ts';
import type { Board } from './board.ts';
import { type CardNote, readCardNote, writeCardNote } from './card-note.ts';
import type { CardTask } from './card-queue.ts';
import { outcomeFor, type Reply, replyTo, tellReminded, tellRequester } from './card-thread.ts';
import { ChatError } from './chat-error.ts';
import { stateAt, takesDecisions } from './state-at.ts';

export interface Keeper<P, M> {
  readonly board: Board<P, M>;
  readonly front: Front;
  /** Last entry that was taken in: what a new card shows, its thread need not tell. */
  readonly seen: () => number;
}

/**
 * Makes a chat show what the journal says of one request: posts its card, rewrites it, tells its thread
 * and whoever asked. Answers when the card must be looked at again though nothing happens, null for
 * never. Throws ChatError where the chat would not; done again, it goes on where it stopped.
 *
 * Each step is noted after it was taken: a crash in between takes it again, so that a card or a reply may
 * stand there twice, and never not at all.
 */
export async function settleCard<P, M>(
  keeper: Keeper<P, M>,
  task: CardTask,
): Promise<number | null> {
  const { front } = keeper;
  const standing = endedWith(task, await front.look(task.request));
  const state = stateAt(standing, front.clock.now().wallMs);
  const card: Card<P, M> = { keeper, task, standing, state };
  const notes = { notes: front.notes, place: keeper.board.place };
  const note = await readCardNote(notes, task.request);
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

interface Card<P, M> {
  readonly keeper: Keeper<P, M>;
  readonly task: CardTask;
  readonly standing: StandingRequest;
  readonly state: RequestState;
}

type CardState = Pick<Card<unknown, unknown>, 'state' | 'standing'>;

/** Still to be decided, to be used, or to be reviewed: what broke the glass is shown though it began meanwhile. */
function isOpen({ state, standing }: CardState): boolean {
  return takesDecisions(state) || state === 'approved' || isOwed(standing);
}

function isOwed({ review }: StandingRequest): boolean {
  return review !== null && review.review === null;
}

/** Without an entry: the request expires, or its approval lapses. */
function changesAt({ standing, state }: CardState): number | null {
  const { pending_until, unused_ms } = standing.content.limits;
  if (takesDecisions(state)) {
    return Date.parse(pending_until);
  }
  const approved = Math.max(...standing.decisions.map(({ time }) => Date.parse(time)));
  return state === 'approved' && Number.isFinite(approved) ? approved + unused_ms : null;
}

/** A request that ended before anybody could see it gets no card. */
async function postMissing<P, M>(card: Card<P, M>): Promise<CardNote<P> | null> {
  return isOpen(card) ? postCard(card, { thread_seq: card.keeper.seen(), told: null }) : null;
}

async function postCard<P, M>(
  card: Card<P, M>,
  { thread_seq, told }: Pick<CardNote<unknown>, 'thread_seq' | 'told'>,
): Promise<CardNote<P>> {
  const { board } = card.keeper;
  const { environment } = card.standing.content.target;
  const { answer, shown } = await send(card, await build(card, false), (message) =>
    board.post(environment, message),
  );
  return keep(card, { ...answer, ...shown, thread_seq, told });
}

/** Null where the card is gone and nobody needs it any more. */
async function refresh<P, M>(card: Card<P, M>, note: CardNote<P>): Promise<CardNote<P> | null> {
  const { board } = card.keeper;
  const built = await build(card, note.short);
  if (built.shown === note.shown) {
    return note;
  }
  try {
    const { shown } = await send(card, built, (message) => board.update(note, message));
    return await keep(card, { ...note, ...shown });
  } catch (error) {
    if (!(error instanceof ChatError && board.gone.has(error.code))) {
      throw error;
    }
  }
  if (isOpen(card)) {
    return postCard(card, note);
  }
  await forget(card);
  return null;
}

interface Built<M> {
  readonly message: M;
  readonly shown: string;
  readonly short: boolean;
}

/** A chat counts in a way of its own: where it finds our count wrong, the card is shortened. */
async function send<P, M, Answer>(
  card: Card<P, M>,
  { message, ...shown }: Built<M>,
  deliver: (message: M) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly shown: Omit<Built<M>, 'message'> }> {
  try {
    return { answer: await deliver(message), shown };
  } catch (error) {
    const isTooLong = error instanceof ChatError && card.keeper.board.tooLong.has(error.code);
    if (isTooLong && !shown.short) {
      return send(card, await build(card, true), deliver);
    }
    throw error;
  }
}

async function build<P, M>(card: Card<P, M>, short: boolean): Promise<Built<M>> {
  const { front, board } = card.keeper;
  const { message } = board.show(card.standing, {
    nowMs: front.clock.now().wallMs,
    url: front.url,
    receives: front.receives,
    buttons: board.buttons,
    replacedBy: card.state === 'superseded' ? await findSuccessor(front, card.standing) : null,
    short,
  });
  return { message, shown: sha256(JSON.stringify(message)), short };
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
async function tellThread<P, M>(card: Card<P, M>, from: CardNote<P>): Promise<'open' | 'done'> {
  let note = from;
  for (const entry of card.task.entries.filter(({ seq }) => seq > note.thread_seq)) {
    const reply = replyOf(card, entry);
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
    await answerIn(card, note, tellRequester(card.standing, outcome, card.keeper.front.people()));
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

/** A reminder calls whom it goes to; of what is over nobody need be reminded. */
function replyOf<P, M>({ keeper, standing, state }: Card<P, M>, entry: JournalEntry): Reply | null {
  const reply = replyTo(entry, standing);
  if (reply === null || entry.type !== 'approval.reminded') {
    return reply;
  }
  return takesDecisions(state) ? tellReminded(entry, standing, keeper.front.people()) : null;
}

/** What comes after these belongs to another request. After the others the run goes on, or ends. */
const final: ReadonlySet<RequestState> = new Set(['expired', 'lapsed', 'cancelled', 'superseded']);

/** A thread whose card was deleted is nobody's. */
async function answerIn<P, M>(
  { keeper: { board } }: Card<P, M>,
  note: CardNote<P>,
  reply: Reply,
): Promise<void> {
  try {
    await board.reply(note, reply);
  } catch (error) {
    if (!(error instanceof ChatError && board.gone.has(error.code))) {
      throw error;
    }
  }
}

async function keep<P, M>({ keeper, task }: Card<P, M>, note: CardNote<P>): Promise<CardNote<P>> {
  await writeCardNote(keeper.front.notes, task.request, note);
  return note;
}

async function forget<P, M>({ keeper, task }: Card<P, M>): Promise<void> {
  await writeCardNote(keeper.front.notes, task.request, null);
}
