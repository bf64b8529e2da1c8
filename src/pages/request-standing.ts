import type { GivenDecision } from '../approval/request-state.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { explainAssurance } from './request-words.ts';
import { showTime } from './time.ts';

/** What people have said so far, and what came of it. */
export function layoutStanding(detail: RequestDetail): Html {
  const { decisions } = detail;
  return html`<section class="card" aria-labelledby="decisions">
<h2 id="decisions">Decisions so far</h2>
${
  decisions.length === 0
    ? html`<p class="soft">Nobody has decided yet.</p>`
    : html`<ul class="argv">${decisions.map(layoutDecision)}</ul>`
}
${layoutMissing(detail)}${layoutReview(detail)}
</section>`;
}

const verbs: Readonly<Record<GivenDecision['decision'], string>> = {
  approve: 'approved',
  reject: 'rejected',
  revoke: 'took their approval back',
};

/** The newest decision, for whoever has just made it. */
export function layoutNewest({ decisions }: RequestDetail): Html | null {
  const last = decisions.at(-1);
  const tone = last?.decision === 'approve' ? 'good' : 'bad';
  return last === undefined ? null : html`<p class="notice ${tone}"><span>${say(last)}</span></p>`;
}

function layoutDecision(decision: GivenDecision): Html {
  const { channel, identity, time } = decision;
  const through = identity === null ? channel : `${channel} as ${identity}`;
  return html`<li>${say(decision)}
<span class="soft">· ${showTime(time)} · through ${sanitizeLine(through)}</span></li>
`;
}

function say({ person, decision, assurance, reason }: GivenDecision): Html {
  return html`<strong>${sanitizeLine(person)}</strong> ${verbs[decision]},
${explainAssurance(assurance)}${reason !== null && html`: “${sanitizeLine(reason)}”`}`;
}

function layoutMissing({ state, missing }: RequestDetail): Html | null {
  return state !== 'pending' || missing.length === 0
    ? null
    : html`<p>Still needed: ${missing
        .map(
          ({ slot, count, from }) =>
            `${count} for ${slot}, from ${from.map(nameSource).join(' or ')}`,
        )
        .map(sanitizeLine)
        .join('; ')}.</p>`;
}

function nameSource(source: string): string {
  return source === '*' ? 'anyone enrolled' : source;
}

/** What whoever acted under break-glass owes. */
function layoutReview({ review }: RequestDetail): Html | null {
  if (review === null) {
    return null;
  }
  if (review.review === null) {
    return html`<p class="notice ${review.overdue ? 'bad' : 'warn'}">A review is owed, by ${showTime(review.due)}${
      review.overdue && ': it is overdue'
    }.</p>`;
  }
  const { person, finding, reason } = review.review;
  return html`<p>Reviewed by ${sanitizeLine(person)}: ${finding}. “${sanitizeLine(reason)}”</p>`;
}
