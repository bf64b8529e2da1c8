import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { DecisionWays } from '../engine/login-reports.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { explainProof } from '../policy/explain-slot.ts';
import type { DecisionView } from './decision-view.ts';
import { describedBy, layoutProblemAt } from './form-problem.ts';

export function mayApprove({ approve }: DecisionWays): boolean {
  return approve.passkey || approve.login || approve.session !== null;
}

/** The half of the form that approves: what is asked for, and a button for each way that suffices. */
export function layoutYes(view: DecisionView): Html {
  const { environment, protected: isProtected } = view.detail.content.target;
  return html`<hr>
${
  isProtected &&
  html`<div class="field">
<label for="typed">Type the environment's name to approve</label>
<input id="typed" name="typed" autocomplete="off" autocapitalize="off" spellcheck="false"${describedBy(view, 'typed', 'typed-hint')}>
${layoutProblemAt(view, 'typed')}<p class="hint" id="typed-hint">It is <code>${sanitizeLine(environment)}</code>, which is protected.</p>
</div>`
}
${layoutIssuers(view)}
<p class="hint">${askedFor(view)}</p>
<div class="tools">${layoutApprovals(view)}</div>`;
}

/** How sure the slots want to be that are open to whoever looks. */
function askedFor({ detail, ways }: DecisionView): string {
  const { slots } = detail.content.policy;
  const missing = new Set(detail.missing.map(({ slot }) => slot));
  const open = slots.filter(({ id }) => missing.has(id));
  const theirs = open.filter(({ eligible }) => eligible.includes(ways.person ?? ''));
  const levels = new Set((theirs.length > 0 ? theirs : open).map(levelOf));
  return `${[...levels].join(', and ')} is asked for.`;
}

function levelOf(slot: RequestDetail['content']['policy']['slots'][number]): string {
  const orMore = slot.assurance === 'A3' ? '' : ' or better';
  return `${slot.assurance}${orMore}${explainProof(slot)}`;
}

/** The strongest first; it alone has the colour of a yes. */
function layoutApprovals(view: DecisionView): Html {
  const { ways, logins, visitor } = view;
  const { passkey, login, session } = ways.approve;
  const offered = [
    {
      way: 'passkey',
      words: 'Approve with passkey — signed by you (A3)',
      is: passkey && ways.passkeys.length > 0,
    },
    { way: 'login', words: 'Approve with a fresh login (A2)', is: login && logins.length > 0 },
    {
      way: 'session',
      words: `Approve as ${visitor.person} — attested by this server (${session})`,
      is: session !== null,
    },
  ].filter(({ is }) => is);
  return html`${offered.map(
    ({ way, words }, at) =>
      html`<button${at === 0 && html` class="yes"`} name="way" value="${way}" formnovalidate>${words}</button>\n`,
  )}${passkey && layoutPasskeyHint(ways)}`;
}

function layoutPasskeyHint({ passkeys }: DecisionWays): Html {
  return passkeys.length > 0
    ? html`<noscript><p class="hint">A passkey signs by a script, which is off in this browser.</p></noscript>`
    : html`<p class="hint">To sign here, <a href="/account">enrol a passkey</a>.</p>`;
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
