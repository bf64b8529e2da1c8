import * as v from 'valibot';
import { canonicalizeStrict } from '../../base/jcs.ts';
import { parseSignedText, type SeenLog } from './statement.ts';
import { nonceSchema, seenLogSchema, timeSchema } from './statement-schema.ts';

/** The SSHSIG namespaces of what a passkey signs beside decisions. */
export const passkeyNamespace = 'passkey@runbook/v1';
export const loginNamespace = 'login@runbook/v1';

/** What a new passkey signs so that it becomes a person's. */
export interface Enrolment {
  readonly v: 1;
  readonly act: 'enrol';
  readonly person: string;
  /** OpenSSH public key line of the passkey itself. */
  readonly public: string;
  /** Base64url. */
  readonly credential: string;
  /** The page it is made on. */
  readonly origin: string;
  readonly label: string | null;
  /** The invitation it uses up; null where a fresh login says who it is. */
  readonly invite: string | null;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

/** What a passkey signs to log in: it names nobody, as the key says who it is. */
export interface PasskeyLogin {
  readonly v: 1;
  readonly act: 'login';
  /** The journal that it opens a session of. */
  readonly log: string;
  /** The page. */
  readonly origin: string;
  readonly time: string;
  readonly nonce: string;
}

const word = v.pipe(v.string(), v.minLength(1));

const enrolmentSchema = v.strictObject({
  v: v.literal(1),
  act: v.literal('enrol'),
  person: word,
  public: word,
  credential: v.pipe(v.string(), v.regex(/^[\w-]{16,1400}$/)),
  origin: word,
  label: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(100))),
  invite: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-z]{16}$/))),
  time: timeSchema,
  nonce: nonceSchema,
  log: seenLogSchema,
});

const loginSchema = v.strictObject({
  v: v.literal(1),
  act: v.literal('login'),
  log: word,
  origin: word,
  time: timeSchema,
  nonce: nonceSchema,
});

/** The JCS text that is signed and stored. */
export function encodePasskeyText(text: Enrolment | PasskeyLogin): string {
  return canonicalizeStrict(text);
}

/** Throws IntegrityError `statement_unreadable`. */
export function parseEnrolment(text: string): Enrolment {
  return parseSignedText(text, enrolmentSchema, 'the enrolment of a passkey');
}

/** Throws as `parseEnrolment`. */
export function parsePasskeyLogin(text: string): PasskeyLogin {
  return parseSignedText(text, loginSchema, 'a login');
}
