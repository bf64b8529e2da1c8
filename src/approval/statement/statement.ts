import * as v from 'valibot';
import { sha256 } from '../../base/digest.ts';
import { IntegrityError, UsageError } from '../../base/errors.ts';
import type { RunId, Sha256 } from '../../base/ids.ts';
import { canonicalizeStrict, parseCanonicalStrict } from '../../base/jcs.ts';
import { decodeBase64 } from '../ssh/ssh-wire.ts';
import { resolutionSchema, signedSchema, statementSchema } from './statement-schema.ts';

/** The SSHSIG namespaces. A signature for one can never be taken for the other. */
export const approvalNamespace = 'approval@runbook/v1';
export const resolveNamespace = 'resolve@runbook/v1';

/** What one person decides about one request, and signs as JCS bytes. */
export interface Statement {
  readonly v: 1;
  readonly decision: 'approve' | 'reject' | 'revoke';
  /** Leaf hash of the `approval.requested` entry. */
  readonly request: Sha256;
  /** Digests of the commands, in the request's order. */
  readonly commands: readonly Sha256[];
  readonly environment: string;
  readonly policy_digest: Sha256;
  /** The slots this person could fill; which one is the tally's answer. */
  readonly slots: readonly string[];
  readonly reason: string | null;
  readonly person: string;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

/** How a person settles a privileged step whose outcome nobody knows. */
export interface Resolution {
  readonly v: 1;
  readonly decision: 'resolve';
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  readonly run: RunId;
  readonly step: string;
  readonly attempt: number;
  /** Leaf hash of the `step.started` entry. */
  readonly started: Sha256;
  readonly reason: string;
  readonly person: string;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

/** The checkpoint the signer's client saw and checked against the last one it saw. */
export interface SeenLog {
  readonly origin: string;
  readonly size: number;
  /** Root hash, base64, as in the checkpoint. */
  readonly root: string;
}

/** A signed statement as it travels and as it is stored: bytes verbatim, never re-serialised. */
export interface SignedStatement {
  /** The JCS text of a `Statement` or `Resolution`. */
  readonly statement: string;
  /** SSHSIG blob, base64 without armour. */
  readonly signature: string;
}

/** The JCS text that is signed and stored. */
export function encodeStatement(statement: Statement | Resolution): string {
  return canonicalizeStrict(statement);
}

/** Reads a signed text: canonical, and exactly this shape. Throws IntegrityError `statement_unreadable`. */
export function parseStatement(text: string): Statement {
  return parseSignedText(text, statementSchema, 'a decision');
}

/** As `parseStatement`, for the resolution of a step. */
export function parseResolution(text: string): Resolution {
  return parseSignedText(text, resolutionSchema, 'a resolution');
}

/** SHA-256 of the statement: handed in twice, a decision is recorded once. */
export function decisionId({ statement }: Pick<SignedStatement, 'statement'>): Sha256 {
  return sha256(statement);
}

/**
 * How a decision travels by hand. `line` fits a chat and a shell, `block` a file and a mail. Neither
 * ends with a newline.
 */
export function formatSigned(signed: SignedStatement, form: 'block' | 'line'): string {
  const base64 = Buffer.from(canonicalizeStrict(signed)).toString('base64');
  if (form === 'line') {
    return prefix + base64;
  }
  return [head, ...(base64.match(/.{1,70}/g) ?? []), foot].join('\n');
}

/**
 * Reads what a person pasted or a file holds: either form of `formatSigned`. Line ends of any system,
 * blank lines, indentation, mail quotes and broken lines are forgiven; a changed character is not.
 * Throws UsageError `decision_unreadable`.
 */
export function parseSigned(text: string): SignedStatement {
  const lines = text
    .slice(0, maxSignedCharacters)
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^[\s>]+/, '').trimEnd())
    .filter((line) => line !== '');
  const bytes = decodeBase64(unwrap(lines));
  try {
    return v.parse(signedSchema, parseCanonicalStrict(bytes?.toString() ?? ''));
  } catch (cause) {
    throw unreadable('is cut off or altered', cause);
  }
}

const head = '-----BEGIN RUNBOOK DECISION-----';
const foot = '-----END RUNBOOK DECISION-----';
const prefix = 'runbook-decision:';

/** Far more than a decision with an RSA key takes; what is longer was not made here. */
const maxSignedCharacters = 256 * 1024;
const maxStatementCharacters = 32 * 1024;

function unwrap(lines: readonly string[]): string {
  if (lines[0] === head) {
    return lines.at(-1) === foot ? lines.slice(1, -1).join('') : missingFoot();
  }
  const line = lines.join('');
  if (!line.startsWith(prefix)) {
    throw unreadable(`begins neither with \`${head}\` nor with \`${prefix}\``);
  }
  return line.slice(prefix.length);
}

function missingFoot(): never {
  throw unreadable(`does not end with \`${foot}\``);
}

function unreadable(what: string, cause?: unknown): UsageError {
  return new UsageError({
    code: 'decision_unreadable',
    message: `the pasted decision ${what}`,
    hint: 'copy everything that `runbook approve --offline` printed, first line to last',
    cause,
  });
}

/** Reads a text that somebody signed: canonical, and of this shape alone. Throws as `parseStatement`. */
export function parseSignedText<Output>(
  text: string,
  schema: v.GenericSchema<unknown, Output>,
  what: string,
): Output {
  try {
    if (text.length > maxStatementCharacters) {
      throw new RangeError(`${text.length} characters`);
    }
    return v.parse(schema, parseCanonicalStrict(text));
  } catch (cause) {
    throw new IntegrityError({
      code: 'statement_unreadable',
      message: `the text is not the canonical form of ${what}`,
      cause,
    });
  }
}
