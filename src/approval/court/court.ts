import { RunbookError } from '../../base/errors.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { SlotPeople } from '../../policy/policy.ts';
import type { ChainLink, Initiator, People, Person } from '../people/people.ts';
import type { SeenLog, Statement } from '../statement/statement.ts';
import { conflictOf, departedLink, letsIn } from '../tally/eligible.ts';

/** Why a text does not count. The code is stable, the message is for a person. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What the judge knows of who may decide, and of the log that the decider claims to have seen. */
export interface Court {
  readonly people: People;
  /** The run's chain as of now, with everyone who resumed it. */
  readonly initiator: Initiator;
  /** Slots of the request it is about: one may let in who stands behind the run. Absent where none could. */
  readonly slots?: readonly SlotPeople[];
  readonly origin: string;
  /** The text may name a head of at most this size: the index its own entry has or will get. */
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
 * Refuses who stands behind the run, unless a slot lets them in nevertheless, and everybody while nobody
 * can tell any more who does.
 */
export function refuseDecider(
  { people, initiator, slots = [] }: Pick<Court, 'people' | 'initiator' | 'slots'>,
  person: Person,
): Refused | null {
  const link = conflictOf(person, initiator);
  if (link !== null && !letsIn(slots, person, initiator)) {
    return refused(
      'self_approval',
      `\`${person.name}\` cannot decide about their own run: they are in its chain as ${roles[link.role]} \`${link.identity}\``,
      'ask somebody else to decide',
    );
  }
  const departed = departedLink(people, initiator);
  return departed === null
    ? null
    : refused(
        'initiator_departed',
        `\`${departed.identity}\`, ${roles[departed.role]} of this run, was \`${departed.person}\`, whom \`people.yaml\` no longer has: nobody can tell who may decide`,
        'start the run anew, or put them back into `people.yaml` under the name they had',
      );
}

/**
 * Refuses a text whose author did not see the entry it is about, saw a log that is not this one, or
 * claims to have seen one from the future. Null where the head is ours.
 */
export function refuseSeenLog(court: Court, seen: SeenLog, index: number): Refused | null {
  if (seen.origin !== court.origin) {
    return refused(
      'other_log',
      `made for the log \`${seen.origin}\`, but this one is \`${court.origin}\``,
    );
  }
  if (seen.size <= index) {
    return refused(
      'log_too_old',
      `made after seeing ${seen.size} entries of the log, but what it is about is entry ${index}`,
    );
  }
  if (seen.size > court.decisionIndexUpperBound) {
    return refused(
      'E_ROLLBACK',
      `made after seeing ${seen.size} entries of the log, which had only ${court.decisionIndexUpperBound} by then`,
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
        `at ${seen.size} entries its author saw the root \`${seen.root}\`, but this log has \`${root}\``,
        'the journal was rewritten for one of you: keep the receipt and run `runbook audit verify`',
      );
}

/** Refuses a no that does not say why. */
export function refuseReason({
  decision,
  reason,
}: Pick<Statement, 'decision' | 'reason'>): Refused | null {
  return decision === 'reject' && !isReason(reason)
    ? refused('reason_missing', 'a rejection says why', 'reject again with `--reason TEXT`')
    : null;
}

/** What a judge answers. What it cannot read is refused by the reader's reason, or by `otherwise`. */
export function orRefused<Judged>(
  judge: () => Judged | Refused,
  otherwise: Refused,
): Judged | Refused {
  try {
    return judge();
  } catch (error) {
    return error instanceof RunbookError
      ? refused(error.code, error.message, error.hint)
      : otherwise;
  }
}

/** True for a reason that says something. */
export function isReason(reason: string | null): boolean {
  return reason !== null && reason.trim() !== '';
}

const roles: Readonly<Record<ChainLink['role'], string>> = {
  caller: 'the caller',
  sudo: 'the user behind sudo',
  signer: 'who signed the start,',
  on_behalf_of: 'on whose behalf it runs,',
  agent: 'the agent',
  agent_owner: "the agent's owner",
  ci: 'the CI job',
  ci_actor: 'who set off the CI job,',
  resumer: 'who resumed it,',
  doer: 'who gave it values,',
  decider: 'who settled a step,',
};
