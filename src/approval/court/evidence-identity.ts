import { RunbookError } from '../../base/errors.ts';
import { decodeBase64 } from '../ssh/ssh-wire.ts';
import { verifySshsig } from '../ssh/sshsig.ts';
import { approvalNamespace } from '../statement/statement.ts';
import type { LoginEvidence } from './attested.ts';
import { oidcIdentity, readIdToken } from './id-token.ts';

/** What a decision rests on. */
interface Rested {
  readonly statement: string;
  readonly signature: string | null;
  readonly attested?: { readonly identity: string; readonly matched_by?: string | null };
  readonly login?: Pick<LoginEvidence, 'token'>;
}

/** A recorded decision does not change, and is asked about at every later step of its run. */
const known = new WeakMap<Rested, readonly string[]>();

/**
 * Whom a decision came from, beside the name in it: the key that signed it (`ssh:…`), the account that they
 * logged in with (`oidc:…`), or what its receiver saw. Under another name later, it is still theirs. Empty
 * where the evidence cannot be read.
 */
export function evidenceIdentities(decision: Rested): readonly string[] {
  const made = known.get(decision) ?? identitiesOf(decision);
  known.set(decision, made);
  return made;
}

function identitiesOf(decision: Rested): readonly string[] {
  const { attested } = decision;
  if (attested !== undefined) {
    return [attested.identity, attested.matched_by ?? null].filter((one) => one !== null);
  }
  try {
    return [proverOf(decision)];
  } catch (error) {
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}

function proverOf({ statement, signature, login }: Rested): string {
  if (login !== undefined) {
    return oidcIdentity(readIdToken(login.token));
  }
  const blob = decodeBase64(signature ?? '') ?? Buffer.alloc(0);
  const message = Buffer.from(statement);
  return `ssh:${verifySshsig({ signature: blob, message, namespace: approvalNamespace }).publicKey}`;
}
