import { approveLine } from '../approval/card/card-text.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { layoutYes, mayApprove } from './approve-ways.ts';
import type { DecisionView } from './decision-view.ts';
import { describedBy, layoutProblemAt } from './form-problem.ts';
import { csrfField } from './layout.ts';
import { layoutSentence } from './words.ts';

/**
 * The form, or why there is none; null where nobody decides any more. Its fields: `hash` (of what is shown),
 * `reason`, `typed` (a protected environment's name), `issuer`, and the button: `decision` (`reject`,
 * `revoke`) or `way` (`passkey`, `login`, `session`), which approves. Nothing in it has the focus, and
 * Approve comes last.
 */
export function layoutDecisionForm(view: DecisionView): Html | null {
  const { ways, detail } = view;
  return detail.state !== 'pending' && !isOpenTo(view) && !ways.revoke
    ? null
    : html`<section class="card" id="decide" aria-labelledby="decide-heading">
<h2 id="decide-heading">Your decision</h2>
${layoutRefusal(view)}
${isOpenTo(view) && layoutForm(view)}
${ways.revoke && layoutRevoke(view)}
${detail.state === 'pending' && ways.approve.passkey && layoutOwnSession(detail)}
</section>`;
}

function layoutRefusal({ ways: { refusal } }: DecisionView): Html | null {
  if (refusal?.code === 'not_asked') {
    return html`<p>This request asks others: what is still needed stands above.</p>`;
  }
  return (
    refusal &&
    html`<div class="notice warn"><p>${layoutSentence(refusal.message)}</p>
${refusal.hint !== null && html`<p>${layoutSentence(refusal.hint)}</p>`}</div>`
  );
}

/** A key of their own proves what a passkey does: it is for whoever could sign with one here. */
function layoutOwnSession({ words }: RequestDetail): Html {
  return html`<hr>
<p class="hint">Or sign with a key of your own, in a session of your own:</p>
<pre>${approveLine(sanitizeLine(words))}</pre>`;
}

/** Whether this page offers a decision that is not taken back. */
function isOpenTo({ ways }: Pick<DecisionView, 'ways'>): boolean {
  return ways.reject || mayApprove(ways);
}

function layoutForm(view: DecisionView): Html {
  const { ways } = view;
  return html`<form method="post" action="${actionOf(view)}" data-passkey-form>
${hiddenFields(view)}
${/* Enter in a field presses the first button: neither a yes nor a no may come of that. */ null}
<button disabled hidden></button>
<div class="field">
<label for="reason">Reason</label>
<textarea id="reason" name="reason" maxlength="1000" required${describedBy(view, 'reason', 'reason-hint')}>\n${view.problem?.reason ?? null}</textarea>
${layoutProblemAt(view, 'reason')}<p class="hint" id="reason-hint">Needed to reject. Whoever asked reads it, and the journal keeps it.</p>
</div>
${ways.reject && html`<div class="tools"><button class="no" name="decision" value="reject">Reject</button></div>`}
${mayApprove(ways) && layoutYes(view)}
</form>`;
}

function layoutRevoke(view: DecisionView): Html {
  return html`${isOpenTo(view) && html`<hr>`}<form method="post" action="${actionOf(view)}">
${hiddenFields(view)}
<p>Your approval stands. Until it is used you can take it back.</p>
<div class="tools"><button class="no" name="decision" value="revoke">Take my approval back</button></div>
</form>`;
}

function actionOf({ detail }: DecisionView): string {
  return `/requests/${detail.content.id}/decisions`;
}

function hiddenFields({ detail, visitor }: DecisionView): Html {
  return html`${csrfField(visitor.csrf)}<input type="hidden" name="hash" value="${detail.hash}">`;
}
