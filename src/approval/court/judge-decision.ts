import type { RunId, Sha256 } from '../../base/ids.ts';
import type { Assurance } from '../../policy/policy.ts';
import type { Person } from '../people/people.ts';
import type { RequestContent } from '../request.ts';
import {
  approvalNamespace,
  decisionId,
  parseResolution,
  parseStatement,
  type Resolution,
  resolveNamespace,
  type Statement,
} from '../statement/statement.ts';
import { type Evidence, evidenceOf, type LoggedInStatement } from './attested.ts';
import {
  isReason,
  orRefused,
  type Refused,
  refuseDecider,
  refused,
  refuseReason,
  refuseSeenLog,
} from './court.ts';
import { type AttestedCourt, judgeAttested } from './judge-attested.ts';
import { judgeLogin } from './judge-login.ts';
import { judgeSigned, type SignedCourt } from './judge-signed.ts';

/** A decision and everything it is judged by. */
export interface DecisionCase extends AttestedCourt {
  /** A statement with a signature, a fresh login or a receiver's word: with exactly one of them. */
  readonly evidence: Evidence;
  /** RFC 3339: when it is recorded, or was. */
  readonly time: string;
  readonly request: {
    readonly content: RequestContent;
    /** Leaf hash and index of the `approval.requested` entry. */
    readonly leafHash: Sha256;
    readonly index: number;
  };
  /** SHA-256 of the policy that the request was made under. */
  readonly policyDigest: string;
}

/** What an accepted decision amounts to; the rest of `approval.decided` the recorder knows. */
export interface AcceptedDecision {
  readonly kind: 'accepted';
  readonly id: Sha256;
  readonly decision: Statement['decision'];
  readonly person: string;
  readonly reason: string | null;
  /** A3 for a signature, A2 for a fresh login, A1 or A0 for a receiver's word. */
  readonly assurance: Assurance;
  readonly presence: boolean;
  readonly verified: boolean;
  /** RFC 3339, as the clock of whoever made the statement had it. */
  readonly statementTime: string;
  readonly logSize: number;
}

/**
 * Whether a decision counts for a request. The same function judges when a decision is recorded,
 * when the grant is claimed, and when an auditor replays the log, each time under the people and the
 * chain of that moment. Pure, and no is its answer to everything odd.
 */
export function judgeDecision(input: DecisionCase): AcceptedDecision | Refused {
  const told = tell(input);
  if (told.kind === 'refused') {
    return told;
  }
  const { statement } = told;
  const refusal =
    refuseContent(input, statement) ??
    refuseDecision(input.request.content, statement) ??
    refuseSeenLog(input, statement.log, input.request.index);
  return (
    refusal ?? {
      kind: 'accepted',
      id: decisionId(input.evidence),
      decision: statement.decision,
      person: told.person.name,
      reason: statement.reason,
      assurance: told.assurance,
      presence: told.presence,
      verified: told.verified,
      statementTime: statement.time,
      logSize: statement.log.size,
    }
  );
}

/** A signed resolution and everything it is judged by. */
export interface ResolutionCase extends SignedCourt {
  readonly started: {
    readonly run: RunId;
    readonly step: string;
    readonly attempt: number;
    /** Leaf hash and index of the `step.started` entry. */
    readonly leafHash: Sha256;
    readonly index: number;
  };
}

/** What an accepted resolution amounts to. */
export interface AcceptedResolution {
  readonly kind: 'accepted';
  readonly id: Sha256;
  readonly outcome: Resolution['outcome'];
  readonly person: string;
  readonly reason: string;
  readonly presence: boolean;
  readonly verified: boolean;
  readonly statementTime: string;
  readonly logSize: number;
}

/** Whether a signed resolution settles a privileged step whose outcome nobody knows. As `judgeDecision`. */
export function judgeResolution(input: ResolutionCase): AcceptedResolution | Refused {
  const signed = judgeSigned(input, resolveNamespace, parseResolution);
  if (signed.kind === 'refused') {
    return signed;
  }
  const resolution = signed.text;
  const refusal =
    refuseStarted(input, resolution) ?? refuseSeenLog(input, resolution.log, input.started.index);
  return (
    refusal ?? {
      kind: 'accepted',
      id: decisionId(input.signed),
      outcome: resolution.outcome,
      person: signed.person.name,
      reason: resolution.reason,
      presence: signed.presence,
      verified: signed.verified,
      statementTime: resolution.time,
      logSize: resolution.log.size,
    }
  );
}

/** What was decided and by whom, with what the evidence proves of that. */
interface Told {
  readonly kind: 'told';
  readonly statement: Statement;
  readonly person: Person;
  readonly assurance: Assurance;
  readonly presence: boolean;
  readonly verified: boolean;
}

function tell(input: DecisionCase): Told | Refused {
  const evidence = evidenceOf(input.evidence);
  if (evidence === null) {
    return refused(
      'evidence_unclear',
      'a decision rests on a signature, a fresh login or the word of a receiver: it has none of them, or several',
    );
  }
  const court = { ...input, slots: input.request.content.policy.slots };
  if ('signed' in evidence) {
    const { signed } = evidence;
    const judged = judgeSigned({ ...court, signed }, approvalNamespace, parseStatement);
    return judged.kind === 'refused'
      ? judged
      : { ...judged, kind: 'told', statement: judged.text, assurance: 'A3' };
  }
  // Nobody touched anything that we could check.
  const touch = { presence: false, verified: false };
  if ('loggedIn' in evidence) {
    const judged = judgeLoggedIn(court, evidence.loggedIn);
    return judged.kind === 'refused' ? judged : { ...judged, ...touch };
  }
  const judged = judgeAttested(court, evidence.attested);
  return judged.kind === 'refused'
    ? judged
    : { ...judged, ...touch, kind: 'told', statement: judged.text };
}

/** Who decided the issuer says; whoever received it could not have made it up. */
function judgeLoggedIn(
  court: DecisionCase,
  { statement, login }: LoggedInStatement,
): Fresh | Refused {
  const judged = judgeLogin(court.people, { login, statement, time: court.time });
  if (judged.kind === 'refused') {
    return judged;
  }
  const { person } = judged;
  return (
    refuseDecider(court, person) ??
    orRefused(
      () => ({ kind: 'told', statement: parseStatement(statement), person, assurance: 'A2' }),
      refused('statement_unreadable', 'the statement cannot be read'),
    )
  );
}

type Fresh = Pick<Told, 'kind' | 'statement' | 'person' | 'assurance'>;

/** The statement must be about this request and repeat what the reviewer was shown. */
function refuseContent(input: DecisionCase, statement: Statement): Refused | null {
  const { content, leafHash } = input.request;
  if (statement.request !== leafHash) {
    return refused(
      'other_request',
      `made for the request \`${statement.request}\`, not for \`${leafHash}\``,
    );
  }
  const commands = content.commands.map(({ digest }) => digest);
  if (statement.commands.join() !== commands.join()) {
    return refused(
      'other_commands',
      `made for the commands ${quote(statement.commands)}, but the request is about ${quote(commands)}`,
    );
  }
  const environment = content.target.environment;
  if (statement.environment !== environment) {
    return refused(
      'other_environment',
      `made for the environment \`${statement.environment}\`, but the request is about \`${environment}\``,
    );
  }
  return statement.policy_digest === input.policyDigest
    ? null
    : refused(
        'other_policy',
        `made under the policy \`${statement.policy_digest}\`, but \`${input.policyDigest}\` holds`,
      );
}

function refuseDecision(content: RequestContent, statement: Statement): Refused | null {
  const { decision, slots } = statement;
  const known = content.policy.slots.map(({ id }) => id);
  const unknown = slots.filter((slot) => !known.includes(slot));
  if (unknown.length > 0 || new Set(slots).size < slots.length) {
    return refused(
      'other_slots',
      `made for the slots ${quote(slots)}, but the request has ${quote(known)}`,
    );
  }
  if (decision === 'approve' && slots.length === 0) {
    return refused('no_slot', 'the approval names no slot that it could fill');
  }
  return refuseReason(statement);
}

function refuseStarted(input: ResolutionCase, resolution: Resolution): Refused | null {
  const { run, step, attempt, leafHash } = input.started;
  if (resolution.run !== run || resolution.step !== step || resolution.attempt !== attempt) {
    return refused(
      'other_step',
      `signed for ${nameAttempt(resolution)}, not for ${nameAttempt(input.started)}`,
    );
  }
  if (resolution.started !== leafHash) {
    return refused(
      'other_step',
      `signed for the start \`${resolution.started}\`, not for \`${leafHash}\``,
    );
  }
  return isReason(resolution.reason)
    ? null
    : refused('reason_missing', 'a resolution says why', 'resolve again with `--reason TEXT`');
}

function nameAttempt(of: Pick<Resolution, 'run' | 'step' | 'attempt'>): string {
  return `step \`${of.step}\` of run \`${of.run}\`, attempt ${of.attempt}`;
}

function quote(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ') || 'none';
}
