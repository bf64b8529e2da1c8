import type { GivenDecision } from '../approval/request-state.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { type Html, html } from './html.ts';
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

function layoutDecision(decision: GivenDecision): Html {
  const { person, assurance, channel, identity, time, reason } = decision;
  const through = identity === null ? channel : `${channel} as ${identity}`;
  return html`<li><strong>${sanitizeLine(person)}</strong> ${verbs[decision.decision]},
${explainAssurance(assurance)}${reason !== null && html`: “${sanitizeLine(reason)}”`}
<span class="soft">· ${showTime(time)} · through ${sanitizeLine(through)}</span></li>
`;
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
