import { approveLine } from '../approval/card/card-text.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { DecisionWays } from '../engine/login-reports.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { csrfField, type VisitorView } from './layout.ts';
import { layoutSentence } from './words.ts';

/** How whoever looks at a request can decide it. */
export interface DecisionView {
  readonly detail: RequestDetail;
  /** `passkeys` are those that count on this page. */
  readonly ways: DecisionWays;
  readonly visitor: VisitorView;
  /** Issuers that can be asked for a fresh login. */
  readonly logins: readonly { readonly name: string; readonly issuer: string }[];
}

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
${detail.state === 'pending' && layoutOwnSession(detail)}
</section>`;
}

function layoutRefusal({ ways: { refusal } }: DecisionView): Html | null {
  return (
    refusal &&
    html`<div class="notice warn"><p>${layoutSentence(refusal.message)}</p>
${refusal.hint !== null && html`<p>${layoutSentence(refusal.hint)}</p>`}</div>`
  );
}

function layoutOwnSession({ words }: RequestDetail): Html {
  return html`<hr>
<p class="hint">Or sign with a key of your own, in a session of your own:</p>
<pre>${approveLine(sanitizeLine(words))}</pre>`;
}

/** Whether this page offers a decision that is not taken back. */
function isOpenTo({ ways }: Pick<DecisionView, 'ways'>): boolean {
  return ways.reject || mayApprove(ways);
}

function mayApprove({ approve }: DecisionWays): boolean {
  return approve.passkey || approve.login || approve.session !== null;
}

function layoutForm(view: DecisionView): Html {
  const { ways } = view;
  return html`<form method="post" action="${actionOf(view)}" data-passkey-form>
${hiddenFields(view)}
${/* Enter in a field presses the first button: neither a yes nor a no may come of that. */ null}
<button disabled hidden></button>
<div class="field">
<label for="reason">Reason</label>
<textarea id="reason" name="reason" maxlength="1000" required aria-describedby="reason-hint"></textarea>
<p class="hint" id="reason-hint">Needed to reject. Whoever asked reads it, and the journal keeps it.</p>
</div>
${ways.reject && html`<div class="tools"><button class="no" name="decision" value="reject">Reject</button></div>`}
${mayApprove(ways) && layoutYes(view)}
</form>`;
}

function layoutYes(view: DecisionView): Html {
  const { environment, protected: isProtected } = view.detail.content.target;
  return html`<hr>
${
  isProtected &&
  html`<div class="field">
<label for="typed">Type the environment's name to approve: <code>${sanitizeLine(environment)}</code></label>
<input id="typed" name="typed" autocomplete="off" autocapitalize="off" spellcheck="false">
</div>`
}
${layoutIssuers(view)}
<div class="tools">${layoutApprovals(view)}</div>`;
}

function layoutApprovals({ ways, logins, visitor }: DecisionView): Html {
  const { approve, passkeys } = ways;
  return html`${
    approve.passkey &&
    (passkeys.length > 0
      ? html`<button class="yes" name="way" value="passkey" formnovalidate>Approve with passkey — signed by you (A3)</button>
<noscript><p class="hint">A passkey signs by a script, which is off in this browser.</p></noscript>`
      : html`<p class="hint">To sign here, <a href="/account">enrol a passkey</a>.</p>`)
  }
${
  approve.login &&
  logins.length > 0 &&
  html`<button class="yes" name="way" value="login" formnovalidate>Approve with a fresh login (A2)</button>`
}
${
  approve.session !== null &&
  html`<button class="yes" name="way" value="session" formnovalidate>Approve as ${visitor.person} — attested by this server (${approve.session})</button>`
}`;
}

/** Where to log in anew; nobody is asked where there is one. */
function layoutIssuers({ ways, logins }: DecisionView): Html | null {
  const [first, ...others] = logins;
  if (!ways.approve.login || first === undefined) {
    return null;
  }
  return others.length === 0
    ? html`<input type="hidden" name="issuer" value="${first.issuer}">`
    : html`<div class="field">
<label for="issuer">Log in anew with</label>
<select id="issuer" name="issuer">${logins.map(({ name, issuer }) => html`<option value="${issuer}">${name}</option>`)}</select>
</div>`;
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
