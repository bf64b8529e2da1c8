import { RunbookError } from '../../base/errors.ts';
import { decodeBase64 } from '../ssh/ssh-wire.ts';
import { verifySshsig } from '../ssh/sshsig.ts';
import { approvalNamespace } from '../statement/statement.ts';

/** What a decision rests on. */
interface Rested {
  readonly statement: string;
  readonly signature: string | null;
  readonly attested?: { readonly identity: string; readonly matched_by?: string | null };
}

/** A recorded decision does not change, and is asked about at every later step of its run. */
const known = new WeakMap<Rested, readonly string[]>();

/**
 * Whom a decision came from, beside the name in it: the key that signed it (`ssh:…`), or what its receiver
 * saw. Under another name later, it is still theirs. Empty where the signature cannot be read.
 */
export function evidenceIdentities(decision: Rested): readonly string[] {
  const made = known.get(decision) ?? identitiesOf(decision);
  known.set(decision, made);
  return made;
}

function identitiesOf({ statement, signature, attested }: Rested): readonly string[] {
  if (attested !== undefined) {
    return [attested.identity, attested.matched_by ?? null].filter((one) => one !== null);
  }
  try {
    const blob = decodeBase64(signature ?? '') ?? Buffer.alloc(0);
    const message = Buffer.from(statement);
    const { publicKey } = verifySshsig({ signature: blob, message, namespace: approvalNamespace });
    return [`ssh:${publicKey}`];
  } catch (error) {
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}
