import { refuseDecider, refuseReason } from '../../approval/court/court.ts';
import { personNamed } from '../../approval/people/identity.ts';
import type { Engine } from '../engine.ts';
import { refuseLong } from '../refuse-long.ts';
import type { OwnDecision } from '../service.ts';
import { refuseEarly, slotsAsking } from './asked-slots.ts';
import { type Bench, errorOf, openBench, refuseClosed } from './commit-decision.ts';
import { composeStatement } from './compose-statement.ts';
import { findMeant, personsToken } from './decide-as-myself.ts';
import { decidingHolder } from './deciding-holder.ts';

/**
 * What the caller would decide, as JCS text, for their passkey to sign or to log in for anew. It names every
 * slot that asks them: what they show for it, the tally weighs. Records nothing. Throws as `decideAsMyself`.
 */
export async function prepareDecision(engine: Engine, input: OwnDecision): Promise<string> {
  const token = personsToken(engine);
  const row = await findMeant(engine, input);
  const { decision, reason } = input;
  refuseLong({ reason });
  const bench = await openBench(engine, row);
  const person = await decidingHolder(engine, token, bench.inForce.rules.people);
  const unsaid = refuseReason(input);
  if (unsaid !== null) {
    throw errorOf(unsaid);
  }
  refuseTied(bench, person);
  refuseClosed(engine, bench, decision);
  if (decision === 'approve') {
    refuseEarly(engine, bench, person);
  }
  const slots = slotsAsking(engine, bench, { decision, person });
  return composeStatement(engine, bench, { decision, person, reason, slots });
}

/** Whoever stands behind the run decides nothing in it. Throws DeniedError `self_approval`, `initiator_departed`. */
export function refuseTied({ inForce, proven, request }: Bench, name: string): void {
  const { people } = inForce.rules;
  const { initiator } = proven.state;
  const { slots } = request.content.policy;
  const person = personNamed(people, name);
  const refusal = person === null ? null : refuseDecider({ people, initiator, slots }, person);
  if (refusal !== null) {
    throw errorOf(refusal);
  }
}
