import { chainPeople } from '../../approval/people/initiator.ts';
import type { RequestId } from '../../base/ids.ts';
import { takesDecisions } from '../cards/state-at.ts';
import type { Front, JournalEntry, StandingRequest } from '../channel.ts';
import { type Occasion, type Outcome, outcomes } from './mail.ts';
import {
  listDue,
  putDue,
  readCursor,
  readThread,
  type Thread,
  writeCursor,
  writeThread,
} from './outbox.ts';
import { addressesOf, addressOf, peopleAsked } from './recipients.ts';
import type { EmailSettings } from './settings.ts';

const batch = 100;

/**
 * Reads on in the journal, and puts into the outbox what its entries call for. Answers the sequence number
 * of the next entry. Served for the first time it begins with what is open now.
 *
 * What an entry calls for is noted before the cursor moves on, and nothing is sent in between: a crash
 * there notes the same mails once more, under the same keys.
 */
export async function takeIn(
  front: Front,
  settings: EmailSettings,
  signal: AbortSignal,
): Promise<number> {
  let next = await begin(front, settings, signal);
  for (;;) {
    const entries = signal.aborted ? [] : await front.entries(next, batch);
    for (const entry of entries) {
      await takeEntry({ front, settings, entry });
    }
    const last = entries.at(-1);
    if (last === undefined) {
      return next;
    }
    next = last.seq + 1;
    await writeCursor(front.notes, next);
  }
}

async function begin(front: Front, settings: EmailSettings, signal: AbortSignal): Promise<number> {
  const known = await readCursor(front.notes);
  const size = await front.grown(0, signal);
  // A journal that was put back holds less than was read: what comes next is told, and no more.
  if (known !== null) {
    return Math.min(known, size);
  }
  for (const request of await front.open()) {
    await ask({ front, settings, seq: size }, await front.look(request));
  }
  await writeCursor(front.notes, size);
  return size;
}

interface Taking {
  readonly front: Front;
  readonly settings: EmailSettings;
  readonly entry: JournalEntry;
}

type At = Omit<Taking, 'entry'> & { readonly seq: number };

async function takeEntry({ front, settings, entry }: Taking): Promise<void> {
  const at = { front, settings, seq: entry.seq };
  const { request } = entry.data;
  if (typeof request === 'string' && entry.type.startsWith('approval.')) {
    const standing = await front.look(request as RequestId);
    await (entry.type === 'approval.reminded'
      ? remind(at, standing, entry)
      : tellOutcome(at, standing, standing.state));
    return;
  }
  if (entry.type === 'approval.requested') {
    await ask(at, await front.look(entry.data['id'] as RequestId));
  }
  if (entry.type === 'run.finished' && entry.run !== null) {
    await endRun(at, await front.requestsOf(entry.run));
  }
}

/** Asked once: whoever answers late, or was asked by another entry, is not asked again. */
async function ask(at: At, standing: StandingRequest): Promise<void> {
  if (takesDecisions(standing.state)) {
    await askThese(at, standing, peopleAsked(standing));
  }
}

async function askThese(
  at: At,
  standing: StandingRequest,
  names: readonly string[],
): Promise<void> {
  const { front, settings } = at;
  const { id, target } = standing.content;
  const thread = (await readThread(front.notes, id)) ?? noThread;
  const all = addressesOf(front.people(), names, { settings, environment: target.environment });
  const fresh = all.filter((to) => !thread.asked.includes(to));
  await putAll(at, id, { to: fresh, occasion: { kind: 'asked' } });
  await writeThread(front.notes, id, { ...thread, asked: [...thread.asked, ...fresh] });
}

const noThread: Thread = { asked: [], told: null };

/**
 * Who was asked before is reminded; to whom it was escalated, or who had no address then, is asked. For
 * whom a mail about it is on its way, that one is enough.
 */
async function remind(at: At, standing: StandingRequest, { data }: JournalEntry): Promise<void> {
  const { front, settings } = at;
  const { id, target } = standing.content;
  if (!takesDecisions(standing.state)) {
    return;
  }
  const names = Array.isArray(data['to']) ? data['to'].map(String) : [];
  await askThese(at, standing, names);
  if (data['kind'] === 'reminder') {
    const all = addressesOf(front.people(), names, { settings, environment: target.environment });
    const coming = (await listDue(front.notes)).filter(({ request }) => request === id);
    const to = all.filter((address) => coming.every((due) => due.to !== address));
    await putAll(at, id, { to, occasion: { kind: 'reminded', nth: Number(data['nth']) } });
  }
}

/** Those who were asked, and whoever stands behind the run, hear once how it went. */
async function tellOutcome(at: At, standing: StandingRequest, state: string): Promise<void> {
  const { front } = at;
  const { id, initiator } = standing.content;
  const thread = await readThread(front.notes, id);
  const outcome = outcomeOf(state);
  if (thread === null || outcome === null || outcome === thread.told) {
    return;
  }
  const people = front.people();
  const behind = chainPeople(initiator).flatMap((name) => addressOf(people, name) ?? []);
  const to = [...new Set([...thread.asked, ...behind])];
  await putAll(at, id, { to, occasion: { kind: 'outcome', outcome } });
  await writeThread(front.notes, id, final.has(outcome) ? null : { ...thread, told: outcome });
}

/** After these nothing comes; an approval may still be revoked, or lie unused. */
const final: ReadonlySet<Outcome> = new Set([
  'rejected',
  'expired',
  'lapsed',
  'cancelled',
  'superseded',
]);

/** With its run a request ends too, whatever else is true of it. */
async function endRun(at: At, requests: readonly RequestId[]): Promise<void> {
  for (const request of requests) {
    if ((await readThread(at.front.notes, request)) !== null) {
      const standing = await at.front.look(request);
      await tellOutcome(
        at,
        standing,
        takesDecisions(standing.state) ? 'cancelled' : standing.state,
      );
      await writeThread(at.front.notes, request, null);
    }
  }
}

function outcomeOf(state: string): Outcome | null {
  return state === 'claimed' ? 'approved' : (outcomes.find((it) => it === state) ?? null);
}

async function putAll(
  { front, seq }: At,
  request: RequestId,
  { to, occasion }: { readonly to: readonly string[]; readonly occasion: Occasion },
): Promise<void> {
  const sinceMs = front.clock.now().wallMs;
  for (const address of to) {
    await putDue(front.notes, { request, occasion, to: address, seq, sinceMs });
  }
}
