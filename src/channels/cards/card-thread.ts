import { chainPeople } from '../../approval/people/initiator.ts';
import type { People } from '../../approval/people/people.ts';
import type { RequestState } from '../../approval/request-state.ts';
import type { JournalEntry, StandingRequest } from '../channel.ts';
import { brief, mention, type Piece, words } from './piece.ts';

/** One answer in a card's thread. */
export type Reply = readonly Piece[];

/** Entries that any card's thread may tell of. */
const titles: Readonly<Record<string, string>> = {
  'approval.decided': 'Decided',
  'approval.expired': 'Expired',
  'approval.superseded': 'Superseded',
  'approval.reminded': 'Reminded',
  'step.started': 'Started',
  'step.finished': 'Finished',
  'step.unknown': 'Outcome unknown',
  'step.resolved': 'Settled',
  'step.late': 'A late result',
  'break_glass.reviewed': 'Reviewed',
  'run.resumed': 'Run resumed',
  'run.cancel_requested': 'Run to be cancelled',
  'run.finished': 'Run ended',
};

/** True where the entry may change a card, or belongs into its thread. */
export function touchesCards({ type }: JournalEntry): boolean {
  return type === 'approval.requested' || Object.hasOwn(titles, type);
}

/** One reply an entry; null where it is not about this request, its step or its run's end. */
export function replyTo(entry: JournalEntry, { content }: StandingRequest): Reply | null {
  const title = Object.hasOwn(titles, entry.type) ? titles[entry.type] : undefined;
  const { request, step } = entry.data;
  const foreign =
    (request !== undefined && request !== content.id) ||
    (step !== undefined &&
      content.commands.every((asked) => step !== asked.step && step !== `${asked.step}/check`));
  return title === undefined || foreign || entry.run !== content.run
    ? null
    : [words(`${title}: ${brief(entry.summary, 1_000)}`)];
}

/** States that end the wait of whoever asked. A claim says that there was an approval. */
const outcomes: Readonly<Partial<Record<RequestState, string>>> = {
  approved: 'was approved',
  claimed: 'was approved',
  rejected: 'was rejected',
  expired: 'was not decided in time',
  lapsed: 'was approved, but not used in time',
};

/** What the requester is told, in words that stay the same while nothing new is to be told; null before. */
export function outcomeFor(state: RequestState): string | null {
  return outcomes[state] ?? null;
}

/** Calls whoever stands behind the run. */
export function tellRequester(
  { content }: StandingRequest,
  outcome: string,
  people: People,
): Reply {
  const names = chainPeople(content.initiator).slice(0, 5);
  return [...call(names, people), words(`${subject(content)} ${outcome}.`)];
}

/** Calls those whom a reminder or an escalation goes to. */
export function tellReminded(
  { data }: JournalEntry,
  { content }: StandingRequest,
  people: People,
): Reply {
  const to = Array.isArray(data['to']) ? data['to'].map(String) : [];
  const what =
    data['kind'] === 'escalation'
      ? 'still waits, and now for you, too'
      : 'still waits for an approval';
  return [...call(to.slice(0, 20), people), words(`${subject(content)} ${what}.`)];
}

function call(names: readonly string[], people: People): readonly Piece[] {
  return names.flatMap((name) => [mention(people, name), words(' ')]);
}

function subject({ commands, runbook }: StandingRequest['content']): string {
  const steps = commands.map(({ step }) => step).join(', ');
  return `${commands.length > 1 ? 'steps' : 'step'} ${brief(steps, 80)} of ${brief(runbook.name, 80)}`;
}
