import { type Html, html } from '../base/html.ts';
import { quoteWord } from '../base/quote-word.ts';

/** An issuer, as its button names it. */
export interface IssuerView {
  readonly name: string;
  readonly issuer: string;
}

export interface LoginView {
  readonly issuers: readonly IssuerView[];
  /** Where to go on: a path of ours. */
  readonly to: string;
}

/** The page for whoever is not logged in: what this is, and the ways in. */
export function layoutLogin({ issuers, to }: LoginView): Html {
  return html`<h1>Log in to runbook</h1>
<p class="lede">runbook runs prepared steps on your systems, and asks a second person before every privileged one. Here you read exactly what will run, and decide.</p>
<section class="card" aria-label="Ways to log in">
${issuers.map((issuer) => issuerButton(issuer, to))}
<div class="tools"><button type="button" data-passkey-login>Log in with a passkey</button></div>
<noscript><p class="hint">Passkeys need JavaScript.</p></noscript>
<p class="hint">${hintFor(issuers)}</p>
</section>`;
}

function issuerButton({ name, issuer }: IssuerView, to: string): Html {
  return html`<form method="post" action="/login/oidc" class="tools">
<input type="hidden" name="issuer" value="${issuer}"><input type="hidden" name="to" value="${to}">
<button>Log in with ${name}</button>
</form>
`;
}

function hintFor(issuers: readonly IssuerView[]): Html {
  return issuers.length === 0
    ? html`No passkey yet? Whoever runs this server invites you: <code>runbook passkey invite NAME</code>.`
    : html`No passkey yet? Log in the other way and add one on your account’s page, the one with your name. Or
whoever runs this server invites you: <code>runbook passkey invite NAME</code>.`;
}

/** Shown for a moment while the browser goes to the issuer. */
export function layoutLeaving({
  name,
  url,
}: {
  readonly name: string;
  readonly url: string;
}): Html {
  return html`<h1>Going to ${name}</h1>
<p>You log in there and come back here. <a href="${url}" rel="noreferrer">Go on to ${name}</a></p>`;
}

/** For somebody whose login worked, and whom people.yaml does not name. */
export function layoutUnknown({
  name,
  identity,
}: {
  readonly name: string;
  /** `ISSUER#SUBJECT` */
  readonly identity: string;
}): Html {
  return html`<h1>Nobody here knows you yet</h1>
<div class="notice warn" role="alert"><p>The login at ${name} worked, but this account is nobody’s in <code>people.yaml</code>.</p></div>
<p>Whoever keeps it types, on the server, with your name in the place of <code>NAME</code>:</p>
<pre class="card scroll" tabindex="0">runbook people add NAME --oidc ${quoteWord(identity)}</pre>
<p>Then <a href="/login">log in again</a>.</p>`;
}
