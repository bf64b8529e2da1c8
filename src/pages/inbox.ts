import { titleOf } from '../approval/card/card-steps.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { askerOf, environmentBadge, shorten, stateBadge } from './request-words.ts';
import { timeLeft, timeSince } from './time.ts';

export interface InboxView {
  readonly person: string;
  /** Open requests, the newest first. */
  readonly open: readonly RequestDetail[];
  /** There are older open ones than these. */
  readonly isCut: boolean;
  /** What was decided or ended lately, the newest first. */
  readonly over: readonly RequestDetail[];
  readonly nowMs: number;
}

/** What waits for somebody: for whoever looks first. */
export function layoutInbox(view: InboxView): Html {
  const { open, over, person, nowMs } = view;
  const urgent = open.toSorted((one, other) => deadline(one).localeCompare(deadline(other)));
  const mine = urgent.filter((detail) => waitsFor(detail, person, nowMs));
  const others = urgent.filter((detail) => !mine.includes(detail));
  return html`<h1>Inbox</h1>
${open.length === 0 ? layoutEmpty() : null}
${layoutGroup({ id: 'mine', heading: `Waiting for you (${mine.length})`, details: mine, nowMs })}
${layoutGroup({ id: 'others', heading: `Waiting for others (${others.length})`, details: others, nowMs })}
${view.isCut && html`<p class="hint">These are the newest ${open.length}. <code>runbook requests</code> lists all that are open.</p>`}
${layoutGroup({ id: 'over', heading: 'Lately', details: over, nowMs })}`;
}

/** RFC 3339 in UTC, which sorts as text: what is over first stands first. */
function deadline({ content }: RequestDetail): string {
  return content.limits.pending_until;
}

/**
 * Whether this person could fill what is still missing, by the request's own snapshot: a hint for the order
 * of a list. What they can do, `waysToDecide` says on the request's page.
 */
export function waitsFor(
  { content, missing, decisions, state }: RequestDetail,
  person: string,
  nowMs: number,
): boolean {
  const ageMs = nowMs - Date.parse(content.limits.created);
  const last = decisions.findLast((decision) => decision.person === person);
  const open = new Set(missing.map(({ slot }) => slot));
  return (
    state === 'pending' &&
    last?.decision !== 'approve' &&
    content.policy.slots.some(
      ({ id, eligible, escalate = [] }) =>
        open.has(id) &&
        (eligible.includes(person) ||
          escalate.some((later) => ageMs >= later.after_ms && later.eligible.includes(person))),
    )
  );
}

function layoutEmpty(): Html {
  return html`<div class="card">
<h2>Nothing waits</h2>
<p>A request comes about when a run reaches a step that needs approval, as in
<code>runbook exec restart-cluster</code>. It then stands here until somebody decides, or its time is over.</p>
</div>`;
}

interface Group {
  readonly id: string;
  readonly heading: string;
  readonly details: readonly RequestDetail[];
  readonly nowMs: number;
}

function layoutGroup({ id, heading, details, nowMs }: Group): Html | null {
  return details.length === 0
    ? null
    : html`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
<ul class="rows">
${details.map((detail) => layoutRow(detail, nowMs))}</ul>
</section>`;
}

function layoutRow(detail: RequestDetail, nowMs: number): Html {
  const { content, state, words } = detail;
  const { reason } = content.why;
  const { created, pending_until } = content.limits;
  const left = timeLeft(pending_until, nowMs);
  const steps = content.commands.map(({ step }) => step).join(', ');
  return html`<li><a class="row" href="/requests/${content.id}">
<span><strong>${sanitizeLine(content.runbook.name)} · ${steps}</strong> ${environmentBadge(content.target)}
${content.break_glass !== null && html`<span class="badge bad">break-glass</span>`} ${
    state === 'pending'
      ? html`<span class="badge warn">${left === null ? 'too late' : `${left} left`}</span>`
      : stateBadge(state)
  }</span>
<code>${shorten(sanitizeLine(titleOf(detail)), 160)}</code>
<span class="soft"><span>asked by ${askerOf(content.initiator)}, ${timeSince(created, nowMs)} ago</span> <span class="mono">${words}</span></span>
${reason !== null && html`<span class="soft">“${shorten(sanitizeLine(reason), 160)}”</span>`}
</a></li>
`;
}
