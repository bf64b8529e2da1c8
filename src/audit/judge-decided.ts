import { judgeDecision } from '../approval/court/judge-decision.ts';
import { reaches } from '../policy/assurance.ts';
import type { Decided, Recorded } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import type { Docket } from './docket.ts';
import type { FindingCode, Flaw } from './finding.ts';
import { judgeInviter } from './judge-inviter.ts';

/** A recorded decision: its evidence held then, and the entry says of it what the evidence says, no more. */
export function judgeDecided(
  of: { readonly entry: Recorded; readonly data: Decided; readonly state: RunState },
  docket: Docket,
): readonly Flaw[] {
  const { entry, data, state } = of;
  const request = state.requests.get(data.request);
  if (request === undefined) {
    return [['E_APPROVAL', `it decides about ${data.request}, which this run does not ask`]];
  }
  const judged = judgeDecision({
    evidence: data,
    time: entry.time,
    request: { content: request.content, leafHash: request.hash, index: request.seq },
    people: docket.rules.people,
    initiator: state.initiator,
    served: state.started.via === 'api',
    decisionIndexUpperBound: entry.seq,
    rootAt: docket.rootAt,
    origin: docket.origin,
    policyDigest: request.content.policy.evaluation.policy_digest,
  });
  if (judged.kind === 'refused') {
    return [[codeOf(judged.code), judged.message]];
  }
  if (!reaches(judged.assurance, data.assurance)) {
    const message = `the entry claims ${data.assurance}, and its evidence gives ${judged.assurance}`;
    return [['E_ASSURANCE', message]];
  }
  if (isRepeated(state, data)) {
    return [['E_APPROVAL_REPLAY', 'what it came from had been recorded as a decision before']];
  }
  const inviter =
    data.decision === 'approve' ? judgeInviter(data, state.initiator.chain, docket) : [];
  const same =
    judged.decision === data.decision &&
    judged.person === data.person &&
    judged.presence === data.presence &&
    judged.assurance === data.assurance &&
    judged.id === data.id;
  return same ? inviter : [['E_APPROVAL', 'the entry says other than its evidence']];
}

function isRepeated({ requests }: RunState, { channel, attested }: Decided): boolean {
  return (
    attested !== undefined &&
    [...requests.values()].some(({ decisions }) =>
      decisions.some(
        ({ data }) => data.channel === channel && data.attested?.event === attested.event,
      ),
    )
  );
}

function codeOf(refusal: string): FindingCode {
  if (refusal === 'self_approval') {
    return 'E_SELF_APPROVAL';
  }
  if (refusal === 'other_request' || refusal === 'other_commands') {
    return 'E_APPROVAL_REPLAY';
  }
  if (refusal.startsWith('login_')) {
    return 'E_LOGIN';
  }
  return refusal === 'E_APPROVAL_SIG' ? 'E_APPROVAL_SIG' : 'E_APPROVAL';
}
