import { ownerOf } from '../../approval/court/owner-of.ts';
import { refusePage } from '../../approval/court/refuse-page.ts';
import type { Passkey } from '../../approval/people/passkeys.ts';
import type { People } from '../../approval/people/people.ts';
import { decodeBase64 } from '../../approval/ssh/ssh-wire.ts';
import { type SshsigEvidence, verifySshsig } from '../../approval/ssh/sshsig.ts';
import {
  encodePasskeyText,
  loginNamespace,
  type PasskeyLogin,
  parsePasskeyLogin,
} from '../../approval/statement/enrolment.ts';
import { formatTime } from '../../base/clock.ts';
import { DeniedError, LoginError, RunbookError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import { quoteWord } from '../../base/quote-word.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import { commitToken } from '../token/commit-token.ts';
import { refuseUnfit } from '../token/refuse-token.ts';
import { untilSettled } from '../until-settled.ts';
import type { Session, SessionTerms, Shown } from './login-desk.ts';

/** A person, and how they have shown to be that one, as the token's entry says. */
interface Recognised {
  readonly person: string;
  /** `oidc:ISSUER#SUBJECT`, `passkey:4f7k…`. */
  readonly by: string;
  /** What it was shown with is used up by this; null where the issuer sees to that. */
  readonly nonce: string | null;
}

/** What a passkey signs to log in on a page of `origin`. */
export function preparePasskeyLogin({ store, clock }: Engine, origin: string): string {
  const time = formatTime(clock.now().wallMs);
  const text: PasskeyLogin = {
    v: 1,
    act: 'login',
    log: store.origin,
    origin,
    time,
    nonce: newNonce(),
  };
  return encodePasskeyText(text);
}

/**
 * Issues a session: a token of the person whom somebody has shown to be. Throws LoginError
 * `identity_unknown`, `login_refused`, DeniedError `scope_forbidden`, and as `refuseUnfit`.
 */
export async function signIn(engine: Engine, shown: Shown, terms: SessionTerms): Promise<Session> {
  refuseScopes(terms.scopes);
  return untilSettled(() => openSession(engine, shown, terms));
}

async function openSession(
  engine: Engine,
  shown: Shown,
  { scopes, label, expiresInMs }: SessionTerms,
): Promise<Session> {
  const { rules, guards } = await ensureConfig(engine);
  const { person, by, nonce } = recognise(engine, rules.people, shown);
  const token = { holder: { kind: 'person', id: person }, scopes, label, expiresInMs } as const;
  refuseUnfit(token, rules.people);
  const endMs = engine.clock.now().wallMs + expiresInMs;
  const issued = await commitToken(engine, { ...token, endMs, by, guards, once: nonce });
  return { ...issued, person };
}

/** A login reads and decides, or starts what others approve; keys to more are given by hand. */
function refuseScopes(scopes: SessionTerms['scopes']): void {
  const other = scopes.find((scope) => !['read', 'decide', 'start'].includes(scope));
  if (other !== undefined) {
    throw new DeniedError({
      code: 'scope_forbidden',
      message: `a login gives nobody \`${other}\``,
      hint: 'on the server: `runbook token create --person NAME --scope admin`',
    });
  }
}

function recognise(engine: Engine, people: People, shown: Shown): Recognised {
  if (shown.kind === 'passkey') {
    return recogniseKey(engine, people, shown);
  }
  const account = `${shown.issuer}#${shown.subject}`;
  const by = `oidc:${account}`;
  const person = ownerOf(people, by);
  if (person === null || 'kind' in person) {
    throw new LoginError({
      code: 'identity_unknown',
      message: person?.message ?? `\`${account}\` is nobody in \`people.yaml\``,
      hint: `runbook people add NAME --oidc ${quoteWord(account)}`,
    });
  }
  return { person: person.name, by, nonce: null };
}

type ByPasskey = Extract<Shown, { kind: 'passkey' }>;

function recogniseKey(engine: Engine, people: People, { prepared, signed }: ByPasskey): Recognised {
  if (signed.statement !== prepared) {
    throw refused('what was signed is not what was shown');
  }
  const text = readLogin(engine, prepared);
  const evidence = verifyLogin(signed);
  const found = passkeyOf(people, evidence.publicKey);
  if (found === null) {
    throw refused(
      "this passkey is nobody's here, or was removed",
      'log in another way, or ask whoever runs the server: `runbook passkey invite NAME`',
    );
  }
  const { passkey, person } = found;
  const misused =
    refusePage(evidence, passkey.origin) ??
    refusePage({ ...evidence, origin: text.origin }, passkey.origin);
  if (misused !== null) {
    throw refused(misused.message, misused.hint);
  }
  return { person, by: `passkey:${passkey.passkey}`, nonce: text.nonce };
}

function readLogin({ store, clock }: Engine, prepared: string): PasskeyLogin {
  const text = parsePasskeyLogin(prepared);
  if (text.log !== store.origin) {
    throw refused(`it was for the log \`${text.log}\`, but this one is \`${store.origin}\``);
  }
  // Not `>`: a time that cannot be read is no time.
  if (!(Math.abs(clock.now().wallMs - Date.parse(text.time)) <= freshMs)) {
    throw refused(`it was begun at ${text.time}, more than five minutes ago`, 'log in again');
  }
  return text;
}

const freshMs = 5 * 60_000;

function verifyLogin({ statement, signature }: ByPasskey['signed']): SshsigEvidence {
  try {
    return verifySshsig({
      signature: decodeBase64(signature) ?? Buffer.alloc(0),
      message: Buffer.from(statement),
      namespace: loginNamespace,
    });
  } catch (error) {
    throw error instanceof RunbookError ? refused(error.message) : error;
  }
}

function passkeyOf(
  { people }: People,
  publicKey: string,
): { readonly passkey: Passkey; readonly person: string } | null {
  for (const { name, passkeys = [] } of people) {
    const passkey = passkeys.find((each) => each.public === publicKey);
    if (passkey !== undefined) {
      return { passkey, person: name };
    }
  }
  return null;
}

function refused(message: string, hint?: string): LoginError {
  return new LoginError({ code: 'login_refused', message, hint });
}
