import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { PasskeySummary } from '../engine/login-reports.ts';
import { csrfField } from './layout.ts';
import { showTime } from './time.ts';

/** What the page of whoever is logged in shows. */
export interface AccountView {
  readonly person: string;
  readonly csrf: string;
  /** RFC 3339: when the session ends by itself. */
  readonly until: string;
  /** The newest first; removed ones too. */
  readonly passkeys: readonly PasskeySummary[];
  /** Whom a fresh login, which a new passkey needs, can be had from. */
  readonly issuers: readonly { readonly issuer: string; readonly name: string }[];
  /** Where this page is: passkeys of another count there. */
  readonly origin: string;
}

/** Who is logged in, and the passkeys they sign with. */
export function layoutAccount(view: AccountView): Html {
  const { person, until, passkeys } = view;
  return html`<h1>${sanitizeLine(person)}</h1>
<p class="lede">Logged in until ${showTime(until)}.</p>
<h2>Passkeys</h2>
<p>With a passkey you log in, and sign what you approve: the decision is then your own signature.</p>
${
  passkeys.length === 0
    ? html`<p>You have none yet.</p>`
    : html`<ul class="rows">${passkeys.map((passkey) => layoutPasskey(passkey, view))}</ul>`
}
${layoutAdding(view)}`;
}

function layoutPasskey(passkey: PasskeySummary, view: AccountView): Html {
  const { enrolled_at, origin, removed_at } = passkey;
  const name = sanitizeLine(passkey.label ?? 'passkey without a name');
  return html`<li><div class="row">
<b>${name}</b>${removed_at !== null && html` <b class="badge warn">removed</b>`}
<p class="soft">Enrolled ${showTime(enrolled_at)} by ${enrolledBy(passkey, view)}${
    origin !== view.origin && html`; it counts on ${sanitizeLine(origin)} alone`
  }. <code>${passkey.passkey}</code></p>
${removed_at === null && layoutRemoval({ id: passkey.passkey, name }, view)}
</div></li>\n`;
}

/** An issuer by its name, where this page has one. */
function enrolledBy({ enrolled_by }: PasskeySummary, { issuers }: AccountView): string {
  const known = issuers.find(({ issuer }) => enrolled_by === `login at ${issuer}`);
  return sanitizeLine(known === undefined ? enrolled_by : `a login at ${known.name}`);
}

function layoutRemoval(
  { id, name }: { readonly id: string; readonly name: string },
  { csrf }: AccountView,
): Html {
  return html`<form class="quiet-form" method="post" action="/account/passkeys/${id}/remove">${csrfField(csrf)}
<button class="plain">Remove<span class="sr"> ${name}</span></button></form>`;
}

/** Whoever stole a session must not get a key out of it: their login would be asked for again. */
function layoutAdding({ csrf, issuers }: AccountView): Html {
  const [only] = issuers;
  if (only === undefined) {
    return html`<p>To add one, ask whoever runs the server for an invitation: <code>runbook passkey invite</code>.</p>`;
  }
  return html`<form class="card" method="post" action="/account/passkeys" data-passkey-enrol>
<h3>Add a passkey</h3>
<p>This device makes it, or a security key that you plug in; then you log in once more.</p>
${csrfField(csrf)}
${labelField()}
${
  issuers.length === 1
    ? html`<input type="hidden" name="issuer" value="${only.issuer}">`
    : html`<div class="field"><label for="issuer">Log in with</label>
<select id="issuer" name="issuer">${issuers.map(
        ({ issuer, name }) => html`<option value="${issuer}">${name}</option>`,
      )}</select></div>`
}
<div class="tools"><button>Add a passkey</button></div>
</form>
${withoutScript()}`;
}

/** Where an invitation's link leads. Its secret stands behind the `#`, where only the script sees it. */
export function layoutInvited(csrf: string | null): Html {
  return html`<h1>Your passkey</h1>
<p class="lede">Somebody who runs this server has invited you to enrol a passkey. From then on you log in with it,
and sign with it what you approve.</p>
<form class="card" method="post" action="/passkeys/new" data-passkey-enrol>
<p data-invited hidden>It will be the passkey of <strong></strong>, and of nobody else.</p>
${csrf === null ? null : csrfField(csrf)}
${labelField()}
<div class="tools"><button>Make a passkey</button></div>
</form>
<p class="soft">The link works once. If it came to you unasked, close this page and tell whoever runs the server.</p>
${withoutScript()}`;
}

/** What a used invitation leads to. */
export function layoutEnrolled(): Html {
  return html`<h1>Your passkey is enrolled</h1>
<div class="notice good"><p>It is in the journal<span data-enrolled hidden> as the passkey of <strong></strong></span>. Log in with it now.</p></div>
<p><a class="button" href="/login">Log in</a></p>`;
}

/** For a form that only the script can send. */
export function layoutNeedsScript(back: string): Html {
  return html`<h1>Nothing was done</h1>
<div class="notice warn"><p>A passkey signs by this page's script, which did not run here.</p></div>
<p>Allow JavaScript for this server and repeat it, or choose another way. <a href="${back}">Back</a></p>`;
}

function labelField(): Html {
  return html`<div class="field"><label for="label">What you call it</label>
<input id="label" name="label" maxlength="100" autocomplete="off" aria-describedby="label-hint">
<p class="hint" id="label-hint">So that you know it in the list: “laptop”, “blue key”. May stay empty.</p></div>`;
}

function withoutScript(): Html {
  return html`<noscript><p class="notice warn">Passkeys need JavaScript, which is off here.</p></noscript>`;
}
