import type { Slot } from '../policy/policy.ts';
import type { RequestContent } from './request.ts';

/** Reviewers are told again, or further people are told. Changes nothing about who may decide. */
export interface Notice {
  readonly kind: 'reminder' | 'escalation';
  /** Of a reminder: how many pauses the request has waited. Of an escalation: its place among the slots'. */
  readonly nth: number;
  /** Names of the people it goes to. */
  readonly to: readonly string[];
}

/** A request that is still open, and what of it has been told. */
export interface Waiting {
  readonly content: Pick<RequestContent, 'limits' | 'policy'>;
  /** Ids of the slots that nobody has filled. */
  readonly missing: readonly string[];
  readonly told: readonly Pick<Notice, 'kind' | 'nth'>[];
}

/** Whether reviewers are ever told again, or anybody further. */
export function hasNotices({ limits, policy }: Waiting['content']): boolean {
  return (
    limits.remind_ms !== undefined || policy.slots.some(({ escalate = [] }) => escalate.length > 0)
  );
}

/**
 * What is to be told now. Each escalation once; of reminders that nobody was there to send, the last. Pure:
 * whoever waits asks, records, and asks again.
 */
export function dueNotices(waiting: Waiting, nowMs: number): readonly Notice[] {
  const { limits } = waiting.content;
  if (nowMs >= Date.parse(limits.pending_until)) {
    return [];
  }
  const ageMs = nowMs - Date.parse(limits.created);
  const escalations = escalationsOf(waiting)
    .filter(({ afterMs }) => afterMs <= ageMs)
    .map(({ nth, to }): Notice => ({ kind: 'escalation', nth, to }));
  return [...escalations, ...reminder(waiting, ageMs)].filter(({ to }) => to.length > 0);
}

/** When there is something to tell next, wall clock; null where nothing will be. */
export function nextNoticeMs(waiting: Waiting, nowMs: number): number | null {
  const { created, pending_until, remind_ms } = waiting.content.limits;
  const createdMs = Date.parse(created);
  const pauses = remind_ms === undefined ? 0 : Math.floor((nowMs - createdMs) / remind_ms) + 1;
  const times = [
    ...escalationsOf(waiting).map(({ afterMs }) => createdMs + afterMs),
    ...(remind_ms === undefined ? [] : [createdMs + pauses * remind_ms]),
  ].filter((atMs) => atMs > nowMs && atMs < Date.parse(pending_until));
  return times.length === 0 ? null : Math.min(...times);
}

/** Those of slots that still miss somebody, and that nobody was told of. */
function escalationsOf({
  content,
  missing,
  told,
}: Waiting): readonly { nth: number; afterMs: number; to: readonly string[] }[] {
  return content.policy.slots
    .flatMap((slot) => (slot.escalate ?? []).map((later) => ({ slot: slot.id, later })))
    .map(({ slot, later }, at) => ({ slot, later, nth: at + 1 }))
    .filter(({ slot, nth }) => missing.includes(slot) && !isTold(told, 'escalation', nth))
    .map(({ later, nth }) => ({ nth, afterMs: later.after_ms, to: some(later.eligible) }));
}

function reminder({ content, missing, told }: Waiting, ageMs: number): readonly Notice[] {
  const { remind_ms } = content.limits;
  const nth = remind_ms === undefined ? 0 : Math.floor(ageMs / remind_ms);
  const open = content.policy.slots.filter(({ id }) => missing.includes(id));
  return nth < 1 || isTold(told, 'reminder', nth)
    ? []
    : [{ kind: 'reminder', nth, to: some(open.flatMap((slot) => peopleOf(slot, ageMs))) }];
}

function isTold(told: Waiting['told'], kind: Notice['kind'], nth: number): boolean {
  const alike = told.filter((each) => each.kind === kind);
  return alike.some((each) => (kind === 'reminder' ? each.nth >= nth : each.nth === nth));
}

function peopleOf({ eligible, escalate = [] }: Slot, ageMs: number): readonly string[] {
  const later = escalate.filter(({ after_ms }) => after_ms <= ageMs);
  return [...eligible, ...later.flatMap((each) => each.eligible)];
}

/** An entry has room for so many names. */
const mostNames = 50;

function some(names: readonly string[]): readonly string[] {
  return [...new Set(names)].slice(0, mostNames);
}
