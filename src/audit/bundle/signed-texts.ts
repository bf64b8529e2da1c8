import { armor } from '../../approval/ssh/sshsig.ts';
import { passkeyNamespace } from '../../approval/statement/enrolment.ts';
import { keyNamespace } from '../../approval/statement/key-statement.ts';
import { reviewNamespace } from '../../approval/statement/review-statement.ts';
import { startNamespace } from '../../approval/statement/start-statement.ts';
import {
  approvalNamespace,
  decisionId,
  resolveNamespace,
} from '../../approval/statement/statement.ts';
import type { Sha256 } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';

/** Who signs for the journal's own keys, in `allowed_signers`. */
export const recoveryPrincipal = 'recovery-key';

/** A text in an entry that somebody signed with a key of their own. */
export interface SignedText {
  readonly id: Sha256;
  readonly entry: number;
  /** The time of the entry: when the key must have been theirs. */
  readonly time: string;
  readonly namespace: string;
  /** Whom the text names; whether the key is theirs is to be verified. */
  readonly person: string;
  readonly statement: string;
  /** As `ssh-keygen -Y sign` writes it. */
  readonly signature: string;
}

/** What somebody signed in this entry; null where nobody did. */
export function signedTextOf({ seq, time, event }: Recorded): SignedText | null {
  const found = findSigned(event);
  if (found === null) {
    return null;
  }
  const { statement, signature, namespace } = found;
  return {
    id: decisionId({ statement }),
    entry: seq,
    time,
    namespace,
    person: namespace === keyNamespace ? recoveryPrincipal : personIn(statement),
    statement,
    signature: armor(Buffer.from(signature, 'base64')),
  };
}

interface Found {
  readonly namespace: string;
  readonly statement: string;
  readonly signature: string;
}

function findSigned(event: Recorded['event']): Found | null {
  if (event.type === 'approval.decided') {
    return both(approvalNamespace, event.data);
  }
  if (event.type === 'step.resolved') {
    return both(resolveNamespace, event.data);
  }
  if (event.type === 'break_glass.reviewed') {
    return both(reviewNamespace, event.data);
  }
  if (event.type === 'run.started' || event.type === 'run.resumed') {
    return both(startNamespace, event.data.signed ?? { statement: null, signature: null });
  }
  if (event.type === 'passkey.enrolled') {
    return both(passkeyNamespace, event.data);
  }
  return event.type === 'key.recovery' || event.type === 'key.rotated'
    ? both(keyNamespace, event.data)
    : null;
}

function both(
  namespace: string,
  of: { readonly statement: string | null; readonly signature: string | null },
): Found | null {
  const { statement, signature } = of;
  return statement === null || signature === null ? null : { namespace, statement, signature };
}

/** The head of the log that whoever signed had seen; null where the text names none. */
export function seenIn(statement: string): { readonly size: number; readonly root: string } | null {
  const { log } = fieldsOf(statement);
  if (typeof log !== 'object' || log === null || !('size' in log) || !('root' in log)) {
    return null;
  }
  const { size, root } = log;
  return Number.isSafeInteger(size) && typeof root === 'string'
    ? { size: Number(size), root }
    : null;
}

function personIn(statement: string): string {
  const { person } = fieldsOf(statement);
  return typeof person === 'string' ? person : '';
}

function fieldsOf(statement: string): { readonly person?: unknown; readonly log?: unknown } {
  try {
    const value: unknown = JSON.parse(statement);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
