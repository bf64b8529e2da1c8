import { chainPeople } from '../../../approval/people/initiator.ts';
import type { People } from '../../../approval/people/people.ts';
import type { RequestState } from '../../../approval/request-state.ts';
import { sanitizeLine } from '../../../base/sanitize.ts';
import type { JournalEntry, StandingRequest } from '../../channel.ts';
import type { SlackMessage, SlackSelf } from '../api/slack-api.ts';
import { code, type Inline, line, richText, words } from './blocks.ts';
import { beginning, plainWords } from './escape.ts';

/** What stands in a card's thread: no channel, no place yet. */
export type Reply = Pick<SlackMessage, 'text' | 'blocks'>;

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
    : reply([words(`${title}: ${beginning(sanitizeLine(entry.summary), 1_000)}`)]);
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

/** Mentions whoever stands behind the run where they have an account here; names them where not. */
export function tellRequester(
  { content }: StandingRequest,
  outcome: string,
  { people, self }: { readonly people: People; readonly self: SlackSelf },
): Reply {
  const names = chainPeople(content.initiator).slice(0, 5);
  return reply([...mention(names, { people, self }), words(`${subject(content)} ${outcome}.`)]);
}

/** Mentions those whom a reminder or an escalation goes to. */
export function tellReminded(
  { data }: JournalEntry,
  { content }: StandingRequest,
  at: { readonly people: People; readonly self: SlackSelf },
): Reply {
  const to = Array.isArray(data['to']) ? data['to'].map(String) : [];
  const what =
    data['kind'] === 'escalation'
      ? 'still waits, and now for you, too'
      : 'still waits for an approval';
  return reply([...mention(to.slice(0, 20), at), words(`${subject(content)} ${what}.`)]);
}

function mention(
  names: readonly string[],
  { people, self }: { readonly people: People; readonly self: SlackSelf },
): readonly Inline[] {
  return names.flatMap((name) => [accountOf(people, name, self) ?? code(short(name)), words(' ')]);
}

function subject({ commands, runbook }: StandingRequest['content']): string {
  const steps = commands.map(({ step }) => step).join(', ');
  return `${commands.length > 1 ? 'steps' : 'step'} ${short(steps)} of ${short(runbook.name)}`;
}

function short(name: string): string {
  return beginning(sanitizeLine(name), 80);
}

function accountOf(people: People, name: string, self: SlackSelf): Inline | null {
  const places = [self.team, self.enterprise].filter((it) => it !== null);
  const accounts = people.people.find((person) => person.name === name)?.slack ?? [];
  const here = accounts.find((account) => places.some((place) => account.startsWith(`${place}/`)));
  const user = here?.split('/')[1];
  return user === undefined ? null : { type: 'user', user_id: user };
}

function reply(elements: readonly Inline[]): Reply {
  const text = elements.map((it) => (it.type === 'text' ? it.text : '')).join('');
  return {
    text: plainWords(text.trim(), 300),
    blocks: [richText([line(...elements)])],
  };
}
