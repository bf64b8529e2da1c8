import * as v from 'valibot';
import { formatTime } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import { issuerOf } from '../people/issuers.ts';
import type { Issuer } from '../people/passkeys.ts';
import type { People, Person } from '../people/people.ts';
import { parseSignedText } from '../statement/statement.ts';
import { loginEvidenceSchema, timeSchema } from '../statement/statement-schema.ts';
import type { LoggedInStatement, LoginEvidence } from './attested.ts';
import { orRefused, type Refused, refused } from './court.ts';
import { type IdToken, oidcIdentity, readIdToken } from './id-token.ts';
import { fitsKey, holdsJws } from './jws.ts';
import { nobody, ownerOf } from './owner-of.ts';

/** A statement that somebody logged in for, and when. */
export interface LoginCase {
  readonly login: LoginEvidence;
  /** JCS text of any statement that names a `person` and a `time`; its SHA-256 is the token's `nonce`. */
  readonly statement: string;
  /** RFC 3339: when it is recorded; of an entry, its own time. */
  readonly time: string;
}

/** The one person who logged in for a statement. */
export interface LoggedInFor {
  readonly kind: 'logged_in';
  readonly person: Person;
  /** `oidc:https://login.example.com#248289761001` */
  readonly identity: string;
}

/** What the clocks of issuer and server may differ by. */
const skewMs = 60_000;
/** How long after the statement was composed the issuer may take, and whoever records it. */
const loginMs = 10 * 60_000;
const recordMs = 15 * 60_000;

/**
 * Whether somebody logged in anew for exactly this statement, and who (OpenID Connect Core 1.0, 3.1.3.7).
 * It asks in this order: issuer and client are ours, one of the issuer's journalled keys has signed, the
 * token was made for us and for this statement, the login was fresh and is recorded at once, and the one
 * person whose account it is is the one whom the statement names. Pure: whoever records, claims or audits
 * judges alike. Never throws: what cannot be read is no login.
 */
export function judgeLogin(people: People, of: LoginCase): LoggedInFor | Refused {
  return orRefused(() => {
    const login = v.parse(loginEvidenceSchema, of.login);
    const { person: named, time } = parseSignedText(of.statement, saidSchema, 'a statement');
    const token = readIdToken(login.token);
    const refusal =
      refuseOrigin(issuerOf(people, login), { login, token }) ??
      refuseOther(token, of.statement) ??
      refuseStale(token, { composedMs: Date.parse(time), recordedMs: Date.parse(of.time) });
    return refusal ?? personBehind(people, { token, named });
  }, unreadable);
}

const unreadable = refused('login_unreadable', 'what the issuer says of the login cannot be read');

/** What is looked at of a statement; its own reader has checked the rest, or will. */
const saidSchema = v.looseObject({ person: v.string(), time: timeSchema });

/** The moment from which on it is too late to record it. Throws IntegrityError as its readers do. */
export function loginEndsMs({ statement, login }: LoggedInStatement): number {
  const { time } = parseSignedText(statement, saidSchema, 'a statement');
  return endsMs(readIdToken(login.token), Date.parse(time));
}

function endsMs({ expiresMs }: IdToken, composedMs: number): number {
  return Math.min(expiresMs + skewMs, composedMs + recordMs);
}

function refuseOrigin(
  known: Issuer | null,
  { login, token }: { readonly login: LoginEvidence; readonly token: IdToken },
): Refused | null {
  const { issuer, client } = login;
  if (known === null) {
    return refused(
      'login_issuer_unknown',
      `the journal names no keys of the issuer \`${issuer}\` for the client \`${client}\``,
      'configure the issuer under `login` in `config.yaml`, and log in once',
    );
  }
  const candidates = known.keys.filter((key) => fitsKey(token.jws, key));
  if (candidates.length === 0) {
    return refused(
      'login_key_unknown',
      `the journal names no key \`${token.jws.kid ?? ''}\` of \`${issuer}\` for ${token.jws.algorithm}`,
    );
  }
  if (!candidates.some((key) => holdsJws(token.jws, key))) {
    return refused('login_forged', `no key of \`${issuer}\` has signed the ID token`);
  }
  return token.issuer === issuer
    ? refuseAudience(token, client)
    : refused('login_other_issuer', `\`${token.issuer}\` made the ID token, not \`${issuer}\``);
}

/** A token for several, or by way of another, must have been made for us. */
function refuseAudience({ audience, party }: IdToken, client: string): Refused | null {
  const isOurs =
    audience.includes(client) && (party === null ? audience.length === 1 : party === client);
  return isOurs
    ? null
    : refused(
        'login_other_client',
        `the ID token was made for \`${party ?? audience.join('`, `')}\`, not for \`${client}\``,
      );
}

function refuseOther({ nonce }: IdToken, statement: string): Refused | null {
  const digest = sha256(statement);
  return nonce === digest
    ? null
    : refused(
        'login_other_statement',
        `the login was for \`${nonce ?? 'nothing'}\`, not for the statement \`${digest}\``,
      );
}

interface Times {
  readonly composedMs: number;
  readonly recordedMs: number;
}

/** Whatever time cannot be read is not in time. */
function refuseStale(token: IdToken, { composedMs, recordedMs }: Times): Refused | null {
  const { issuedMs, expiresMs, loggedInMs } = token;
  if (loggedInMs === null) {
    return refused(
      'login_undated',
      'the issuer does not say when they logged in (`auth_time`)',
      'an issuer that does not know `max_age` cannot show that a login is fresh',
    );
  }
  const [first, last] = [Math.min(loggedInMs, issuedMs), Math.max(loggedInMs, issuedMs)];
  if (!(first >= composedMs - skewMs)) {
    return refused(
      'login_stale',
      `the login is of ${formatTime(first)}, before the statement of ${formatTime(composedMs)}`,
      'decide again, and log in anew when you are asked',
    );
  }
  if (!(last <= recordedMs + skewMs)) {
    return refused(
      'login_ahead',
      `the login is of ${formatTime(last)}, later than it is recorded`,
      'the clocks of the server and of the issuer must agree',
    );
  }
  const inTime =
    issuedMs <= composedMs + loginMs + skewMs &&
    issuedMs < expiresMs &&
    recordedMs < endsMs(token, composedMs);
  return inTime
    ? null
    : refused(
        'login_expired',
        `the statement is of ${formatTime(composedMs)}, the ID token of ${formatTime(issuedMs)} until ${formatTime(expiresMs)}: recorded now, it is too late`,
        'decide again',
      );
}

function personBehind(
  people: People,
  { token, named }: { readonly token: IdToken; readonly named: string },
): LoggedInFor | Refused {
  const identity = oidcIdentity(token);
  const person = ownerOf(people, identity) ?? nobody(identity);
  if ('kind' in person) {
    return person;
  }
  return person.name === named
    ? { kind: 'logged_in', person, identity }
    : refused(
        'other_person',
        `the statement names \`${named}\`, but it was \`${person.name}\` who logged in`,
      );
}
