// Passkeys: what pages cannot do without a script.
//
// A button with `data-passkey-login` logs in. A form with `data-passkey-form` is signed when it is sent
// with `way` = `passkey`, and goes to the server by itself otherwise. A form with `data-passkey-enrol` makes
// a passkey and lets it sign whose it is. The server judges everything again.

addEventListener('click', ({ target }) => {
  const button = target.closest('[data-passkey-login]');
  if (button !== null) {
    void attempt(button, logIn);
  }
});

addEventListener('submit', (event) => {
  const { target: form, submitter } = event;
  const fields = Object.fromEntries(new FormData(form, submitter));
  const work = workOf(form, fields);
  if (work !== null) {
    event.preventDefault();
    void attempt(submitter ?? form, () => work(new URL(form.action).pathname, fields));
  }
});

function workOf(form, fields) {
  if (form.matches('[data-passkey-enrol]')) {
    return enrol;
  }
  return form.matches('[data-passkey-form]') && fields.way === 'passkey' ? decide : null;
}

async function logIn() {
  const to = new URLSearchParams(location.search).get('to') ?? '/';
  const { statement } = await post('/login/passkey/begin', { to });
  return post('/login/passkey', await sign('login@runbook/v1', statement, []));
}

async function decide(path, fields) {
  const request = path.replace(/\/decisions$/, '');
  const { prepared, statement, credentials } = await post(`${request}/statement`, fields);
  const signed = await sign('approval@runbook/v1', statement, credentials);
  return post(`${request}/signed`, { prepared, ...signed });
}

// The new key signs at once whose it is: whoever enrols it, holds it.
async function enrol(path, given) {
  const fields = { ...given, ...invitation };
  const begun = await post(`${path}/begin`, fields);
  const made = await makePasskey(begun);
  const { prepared, statement } = await post(`${path}/statement`, { ...fields, ...made });
  const signed = await sign('passkey@runbook/v1', statement, [made.credential]);
  const done = await post(path, { ...fields, prepared, ...signed });
  sessionStorage.setItem('enrolled', begun.person);
  return done;
}

// An invitation's secret stands behind the `#`, which no server and no proxy sees; nor does the history.
let invitation = {};

function takeInvitation() {
  const secret = location.hash.slice(1);
  if (secret.startsWith('rbi_')) {
    invitation = { secret };
    history.replaceState(null, '', location.pathname);
    void sayWhose();
  }
}

// Whose passkey it would be: what somebody is about to become is known before they do.
async function sayWhose() {
  const asked = invitation;
  showPerson('[data-invited]', null);
  // What is wrong with the invitation is said when it is used.
  const { person } = await post('/passkeys/new/begin', asked).catch(() => ({ person: null }));
  if (asked === invitation) {
    showPerson('[data-invited]', person);
  }
}

function showPerson(where, person) {
  const place = document.querySelector(where);
  if (place !== null) {
    place.hidden = person === null;
    place.querySelector('strong').textContent = person ?? '';
  }
}

showPerson('[data-enrolled]', sessionStorage.getItem('enrolled'));
takeInvitation();
// Another link, opened in the same window, changes that part alone.
addEventListener('hashchange', takeInvitation);

async function makePasskey({ person, credentials }) {
  needPasskeys();
  const { rawId, response } = await navigator.credentials.create({
    publicKey: {
      // Nobody looks at it: that the key is there, it shows by what it signs next.
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rp: { name: 'runbook' },
      user: {
        id: await crypto.subtle.digest('SHA-256', utf8(`${location.origin} ${person}`)),
        name: person,
        displayName: person,
      },
      // ES256: the one algorithm that OpenSSH has a form for.
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
      excludeCredentials: credentials.map(credentialOf),
    },
  });
  return { credential: base64url(rawId), spki: base64url(response.getPublicKey()) };
}

async function sign(namespace, statement, credentials) {
  needPasskeys();
  const { rawId, response } = await navigator.credentials.get({
    publicKey: {
      challenge: await toBeSigned(namespace, statement),
      userVerification: 'required',
      allowCredentials: credentials.map(credentialOf),
    },
  });
  return {
    credential: base64url(rawId),
    client_data: base64url(response.clientDataJSON),
    authenticator_data: base64url(response.authenticatorData),
    signature: base64url(response.signature),
  };
}

// What OpenSSH signs for a text (PROTOCOL.sshsig), so that `ssh-keygen -Y verify` accepts what comes of it.
async function toBeSigned(namespace, statement) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', utf8(statement)));
  const fields = [utf8(namespace), utf8(''), utf8('sha512'), digest];
  const parts = [utf8('SSHSIG'), ...fields.flatMap((bytes) => [uint32(bytes.length), bytes])];
  return new Uint8Array(parts.flatMap((bytes) => [...bytes]));
}

// One thing at a time: meanwhile the buttons around it rest, and what goes wrong is said beside them.
async function attempt(place, work) {
  const around = place.closest('form') ?? place.parentElement;
  around.querySelector('[role="alert"]')?.remove();
  around.querySelector('[aria-invalid]')?.removeAttribute('aria-invalid');
  const wake = rest(around.querySelectorAll('button:enabled'));
  try {
    const { to } = await work();
    location.assign(to);
    // Whoever comes back finds the page as it was.
    addEventListener('pageshow', wake, { once: true });
  } catch (error) {
    wake();
    const field = around.querySelector(fields[error.code] ?? 'no-field');
    (field ?? place).focus();
    say(around, field, inWords(error));
  }
}

function rest(buttons) {
  const turn = (disabled) => {
    for (const button of buttons) {
      button.disabled = disabled;
    }
  };
  turn(true);
  return () => turn(false);
}

// What a field lacks is said at the field, as the server says it to those without a script.
const fields = { reason_missing: '#reason', environment_not_typed: '#typed' };

function say(around, field, words) {
  const alert = document.createElement('p');
  alert.className = 'notice bad';
  alert.setAttribute('role', 'alert');
  alert.append(...inCode(words));
  if (field === null) {
    around.append(alert);
    return;
  }
  alert.id = `${field.id}-problem`;
  field.after(alert);
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', `${alert.id} ${field.id}-hint`);
}

// What stands in backticks, as code.
function inCode(words) {
  return words.split('`').map((part, at) => {
    const piece = document.createElement(at % 2 === 1 ? 'code' : 'span');
    piece.textContent = part;
    return piece;
  });
}

class Refusal extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

async function post(path, given) {
  // Of the session, where there is one: every form of the page carries the same.
  const csrf = document.querySelector('input[name="csrf"]')?.value;
  const fields = csrf === undefined ? given : { ...given, csrf };
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(fields),
  }).catch(() => {
    throw new Refusal('The server cannot be reached. Try again.');
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const why = said.message ?? `the server answers ${answer.status}`;
    const words = said.hint ? `Refused: ${why}. To do: ${said.hint}.` : `Refused: ${why}.`;
    throw new Refusal(words, said.code);
  }
  return said;
}

function needPasskeys() {
  if (globalThis.PublicKeyCredential === undefined) {
    throw new Refusal('This browser has no passkeys here: they need HTTPS, or this very machine.');
  }
}

// Browsers do not tell a page why a passkey was not used: whether there is one, is nobody's business.
function inWords(error) {
  switch (error.name) {
    case 'NotAllowedError':
      return 'Nothing was done: it was cancelled, took too long, or no passkey that fits is here.';
    case 'InvalidStateError':
      return 'This device holds a passkey of yours already.';
    case 'SecurityError':
      return 'Passkeys do not work on this address: open the page by its name.';
    default:
      return error instanceof Refusal ? error.message : `It did not work: ${error.message}`;
  }
}

function credentialOf(id) {
  return { type: 'public-key', id: fromBase64url(id) };
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

function uint32(number) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function base64url(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64url(text) {
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}
