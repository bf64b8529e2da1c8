import * as v from 'valibot';
import { canonicalizeStrict } from '../../base/jcs.ts';
import { parseSignedText, type SeenLog } from './statement.ts';
import { nonceSchema, seenLogSchema, timeSchema } from './statement-schema.ts';

/** Its own namespace: nothing else that a recovery key's owner signs can be taken for a change of keys. */
export const keyNamespace = 'key@runbook/v1';

/** Why another key signs from here on. */
export const rotationReasons = ['rotation', 'lost', 'compromised'] as const;
export type RotationReason = (typeof rotationReasons)[number];

/** The recovery key says that the log is signed by another key. */
export interface RotationStatement {
  readonly v: 1;
  readonly act: 'rotate';
  /** Signed-note verifier key of the log until here: whole, since its id alone can be forged. */
  readonly from: string;
  /** The one from here on. */
  readonly to: string;
  readonly reason: RotationReason;
  /** RFC 3339; null but for `compromised`. */
  readonly compromised_since: string | null;
  readonly time: string;
  readonly nonce: string;
  /** A head of this very log, after its last change of keys: signed for it, it rotates no other. */
  readonly log: SeenLog;
}

/** A key says that it authorises from here on; the one before it says so too. */
export interface RecoveryStatement {
  readonly v: 1;
  readonly act: 'recovery';
  /** OpenSSH public key line without comment. */
  readonly public: string;
  /** The one that it replaces; null where there is none. */
  readonly previous: string | null;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

export type KeyStatement = RotationStatement | RecoveryStatement;

/** The JCS text that is signed and stored. */
export function encodeKeyStatement(statement: KeyStatement): string {
  return canonicalizeStrict(statement);
}

/** Reads a signed text: canonical, and exactly one of these shapes. Throws IntegrityError `statement_unreadable`. */
export function parseKeyStatement(text: string): KeyStatement {
  return parseSignedText(text, schema, 'a statement about keys');
}

const text = v.pipe(v.string(), v.minLength(1));

const schema = v.variant('act', [
  v.strictObject({
    v: v.literal(1),
    act: v.literal('rotate'),
    from: text,
    to: text,
    reason: v.picklist(rotationReasons),
    compromised_since: v.nullable(timeSchema),
    time: timeSchema,
    nonce: nonceSchema,
    log: seenLogSchema,
  }),
  v.strictObject({
    v: v.literal(1),
    act: v.literal('recovery'),
    public: text,
    previous: v.nullable(text),
    time: timeSchema,
    nonce: nonceSchema,
    log: seenLogSchema,
  }),
]);
