import { RunbookError } from '../base/errors.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import { conflictOf } from './eligible.ts';
import type { ChainLink, Initiator, People, Person } from './people.ts';
import { decodeBase64 } from './ssh-wire.ts';
import { verifySshsig } from './sshsig.ts';
import type { SeenLog, SignedStatement } from './statement.ts';

/** Why a signed text does not count. The code is stable, the message is for a person. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** A text whose signature holds, with the one person whose key made it. */
export interface Signed<Text> {
  readonly kind: 'signed';
  readonly text: Text;
  readonly person: Person;
  readonly presence: boolean;
  readonly verified: boolean;
}

/** What the judge knows of who may sign, and of the log the signer claims to have seen. */
export interface Court {
  readonly signed: SignedStatement;
  readonly people: People;
  /** The run's chain as of now, with everyone who resumed it. */
  readonly initiator: Initiator;
  readonly origin: string;
  /** The signed text may name a head of at most this size: the index its own entry has or will get. */
  readonly decisionIndexUpperBound: number;
  /** Base64 root of the log at a size; null where it is not known, which refuses. */
  readonly rootAt: (size: number) => string | null;
}

/** Any refusal. Parts of the message come from outside, so nothing in it may move a cursor. */
export function refused(code: string, message: string, hint?: string): Refused {
  const facts = { kind: 'refused', code, message: sanitizeLine(message) } as const;
  return hint === undefined ? facts : { ...facts, hint };
}

/**
 * Answers who signed, asking in this order: the signature holds in its namespace, the key is one
 * person's, the text is well formed and names that person, and the person is outside the run's chain.
 */
export function judgeSigned<Text extends { readonly person: string }>(
  court: Court,
  namespace: string,
  parse: (text: string) => Text,
): Signed<Text> | Refused {
  try {
    const message = Buffer.from(court.signed.statement);
    const signature = decodeBase64(court.signed.signature) ?? Buffer.alloc(0);
    const evidence = verifySshsig({ signature, message, namespace });
    const person = ownerOf(court.people, evidence.publicKey);
    if ('kind' in person) {
      return person;
    }
    const text = parse(court.signed.statement);
    const { presence, verified } = evidence;
    return (
      refuseSigner(court, person, text.person) ?? {
        kind: 'signed',
        text,
        person,
        presence,
        verified,
      }
    );
  } catch (error) {
    // Whatever cannot be read or checked is no decision.
    return error instanceof RunbookError
      ? refused(error.code, error.message, error.hint)
      : refused('signature_unreadable', 'the signed text cannot be checked');
  }
}

/**
 * Refuses a text whose signer did not see the entry it is about, saw a log that is not this one, or
 * claims to have seen one from the future. Null where the head is ours.
 */
export function refuseSeenLog(court: Court, seen: SeenLog, index: number): Refused | null {
  if (seen.origin !== court.origin) {
    return refused(
      'other_log',
      `signed for the log \`${seen.origin}\`, but this one is \`${court.origin}\``,
    );
  }
  if (seen.size <= index) {
    return refused(
      'log_too_old',
      `signed after seeing ${seen.size} entries of the log, but what it is about is entry ${index}`,
    );
  }
  if (seen.size > court.decisionIndexUpperBound) {
    return refused(
      'E_ROLLBACK',
      `signed after seeing ${seen.size} entries of the log, which had only ${court.decisionIndexUpperBound} by then`,
      'the journal may have been set back: keep the receipt and run `runbook audit verify`',
    );
  }
  const root = court.rootAt(seen.size);
  if (root === null) {
    return refused('log_unknown', `the root of this log at ${seen.size} entries is not known`);
  }
  return root === seen.root
    ? null
    : refused(
        'E_FORK',
        `at ${seen.size} entries the signer saw the root \`${seen.root}\`, but this log has \`${root}\``,
        'the journal was rewritten for one of you: keep the receipt and run `runbook audit verify`',
      );
}

/** True for a reason that says something. */
export function isReason(reason: string | null): boolean {
  return reason !== null && reason.trim() !== '';
}

function ownerOf(people: People, publicKey: string): Person | Refused {
  const owners = people.people.filter((person) =>
    person.sshKeys.some((line) => line.trim().split(/\s+/, 2).join(' ') === publicKey),
  );
  const [owner] = owners;
  if (owner === undefined) {
    return refused(
      'key_unknown',
      `the key \`${publicKey}\` belongs to nobody in \`people.yaml\``,
      'runbook people add NAME --ssh-key PUBLIC_KEY_FILE',
    );
  }
  const names = owners.map((person) => `\`${person.name}\``).join(' and ');
  return owners.length === 1
    ? owner
    : refused(
        'key_shared',
        `the key \`${publicKey}\` belongs to ${names}, so it speaks for nobody`,
      );
}

function refuseSigner(court: Court, person: Person, named: string): Refused | null {
  if (named !== person.name) {
    return refused(
      'other_person',
      `the text names \`${named}\`, but the key is \`${person.name}\`'s`,
    );
  }
  const link = conflictOf(person, court.initiator);
  return link === null
    ? null
    : refused(
        'self_approval',
        `\`${person.name}\` cannot decide about their own run: they are in its chain as ${roles[link.role]} \`${link.identity}\``,
        'ask somebody else to decide',
      );
}

const roles: Readonly<Record<ChainLink['role'], string>> = {
  caller: 'the caller',
  sudo: 'the user behind sudo',
  agent: 'the agent',
  agent_owner: "the agent's owner",
  ci: 'the CI job',
  ci_actor: 'who set off the CI job,',
  resumer: 'who resumed it,',
  decider: 'who settled a step,',
};
