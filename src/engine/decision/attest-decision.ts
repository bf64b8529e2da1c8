import type { Attested } from '../../approval/court/attested.ts';
import { refuseDecider } from '../../approval/court/court.ts';
import { refuseAccount, senderOf, weighAttested } from '../../approval/court/judge-attested.ts';
import { accountIdentity } from '../../approval/people/initiator.ts';
import type { Person } from '../../approval/people/people.ts';
import { digestWords, sha256 } from '../../base/digest.ts';
import { DeniedError, UsageError } from '../../base/errors.ts';
import type { AttestedDecision } from '../../channels/channel.ts';
import { reaches } from '../../policy/assurance.ts';
import type { Slot } from '../../policy/policy.ts';
import { standingApproval } from '../../run/recount.ts';
import type { DecisionRecord } from '../../run/state.ts';
import type { Engine } from '../engine.ts';
import { refuseLong } from '../refuse-long.ts';
import type { DecisionReport } from '../reports.ts';
import { slotsAsking, wantedOf } from './asked-slots.ts';
import {
  atBench,
  type Bench,
  commitDecision,
  errorOf,
  judgeEvidence,
  refuseClosed,
  reportKnown,
} from './commit-decision.ts';
import { composeStatement } from './compose-statement.ts';
import { decidingHolder } from './deciding-holder.ts';

/** What a receiver heard, and through what: `slack`, `api`. */
export interface Heard extends AttestedDecision {
  readonly channel: string;
}

/**
 * The way in for what this process says that somebody decided: a click, a call of the API. It is judged
 * like a signature, under the same people, chain and rules, and counts for less (A1, or A0 where whoever
 * stands behind the run could have made it up).
 *
 * The same event of a channel answers with the first entry, also where two processes have it at once, and
 * so does an approval by somebody whose own already stands. What came is stored before the entry that
 * names it; a crash in between leaves a blob nobody names, and the event may be handed in again. Throws as
 * `recordDecision` does, and DeniedError `identity_unknown`, `identity_unfit`, `not_asked`,
 * `assurance_too_low`, UsageError `reason_too_long`.
 */
export async function attestDecision(engine: Engine, heard: Heard): Promise<DecisionReport> {
  const row = await engine.store.requestByHash(heard.request);
  if (row === null) {
    throw new UsageError({
      code: 'request_unknown',
      message: 'the decision is about a request that this journal does not have',
      hint: '`runbook requests` lists what waits',
    });
  }
  refuseLong({ reason: heard.reason });
  return atBench(engine, row, async (bench) => {
    const known = sameEvent(bench, heard);
    if (known !== undefined) {
      return reportKnown(engine, bench, known);
    }
    const sender = await hear(engine, bench, heard);
    refuseClosed(engine, bench, heard.decision);
    const slots = slotsOf(engine, bench, { heard, sender });
    const before = unchanged(engine, bench, { heard, sender });
    if (before !== null) {
      return reportKnown(engine, bench, before);
    }
    const said = { decision: heard.decision, reason: heard.reason };
    const evidence = {
      statement: composeStatement(engine, bench, { ...said, person: sender.person.name, slots }),
      signature: null,
      attested: await attest(engine, heard),
    };
    const decided = judgeEvidence(engine, bench, { evidence, channel: heard.channel });
    return commitDecision(engine, bench, { decided, commandId: commandOf(heard) });
  });
}

/** Names an event across processes: whichever commits it first has committed it for all of them. */
function commandOf({ channel, event }: Pick<Heard, 'channel' | 'event'>): string {
  return `attest.${sha256(JSON.stringify([channel, event]))}`;
}

/** In the whole run, because a command id is unique in it. */
function sameEvent({ proven }: Bench, { channel, event }: Heard): DecisionRecord | undefined {
  return [...proven.state.requests.values()]
    .flatMap(({ decisions }) => decisions)
    .find(({ data }) => data.channel === channel && data.attested?.event === event);
}

/** Who it came from, and how much our word for that weighs. */
interface Sender {
  readonly person: Person;
  readonly assurance: 'A0' | 'A1';
}

/** Judged before anything is stored; `judgeEvidence` judges it again with the rest. */
async function hear(engine: Engine, bench: Bench, heard: Heard): Promise<Sender> {
  const { identity, matchedBy: matched_by } = heard;
  const { people } = bench.inForce.rules;
  const { initiator, started } = bench.proven.state;
  const named = identity.startsWith('token:')
    ? await decidingHolder(engine, identity.slice('token:'.length), people)
    : '';
  const from = { identity, receiver: receiverOf(engine) };
  const person =
    refuseAccount(from, heard.channel) ?? senderOf(people, { identity, matched_by }, named);
  if ('kind' in person) {
    throw errorOf(person);
  }
  const { slots } = bench.request.content.policy;
  const refusal = refuseDecider({ people, initiator, slots }, person);
  if (refusal !== null) {
    throw errorOf(refusal);
  }
  const served = started.via === 'api';
  return { person, assurance: weighAttested(from, { people, initiator, served }) };
}

function receiverOf(engine: Engine): string {
  return accountIdentity(engine.account);
}

/**
 * The slots that this decision can fill. An approval that fills none is refused here, while somebody is
 * there to be told how to give one that counts; a no counts at every level.
 */
function slotsOf(
  engine: Engine,
  bench: Bench,
  { heard, sender }: { readonly heard: Heard; readonly sender: Sender },
): readonly Slot[] {
  const { request } = bench;
  const { person, assurance } = sender;
  const { decision } = heard;
  const asked = slotsAsking(engine, bench, { decision, person: person.name });
  const reached = asked.filter((slot) => reaches(assurance, slot.assurance) && !slot.presence);
  if (heard.decision === 'approve' && reached.length === 0) {
    const wanted = asked.map((slot) => `slot \`${slot.id}\` asks for ${wantedOf(slot)}`);
    throw new DeniedError({
      code: 'assurance_too_low',
      message: `${wanted.join(', ')}; through \`${heard.channel}\` it is ${assurance}, on the word of \`${receiverOf(engine)}\``,
      hint: `sign it yourself: \`runbook approve ${digestWords(request.hash)} --key FILE\``,
    });
  }
  return reached;
}

/** The entry that already says it; null where this one says something new. */
function unchanged(
  engine: Engine,
  { inForce, proven, request }: Bench,
  { heard, sender }: { readonly heard: Heard; readonly sender: Sender },
): DecisionRecord | null {
  const { name } = sender.person;
  if (heard.decision === 'revoke') {
    const last = request.decisions.findLast(({ data }) => data.person === name);
    return last?.data.decision === 'revoke' ? last : null;
  }
  const standing = standingApproval(request, name, {
    state: proven.state,
    people: inForce.rules.people,
    origin: engine.store.origin,
    rootAt: proven.rootAt,
  });
  return heard.decision === 'approve' &&
    standing !== null &&
    reaches(standing.data.assurance, sender.assurance)
    ? standing
    : null;
}

async function attest(engine: Engine, heard: Heard): Promise<Attested> {
  return {
    receiver: receiverOf(engine),
    identity: heard.identity,
    matched_by: heard.matchedBy,
    event: heard.event,
    raw: await engine.store.putBlob(heard.raw),
  };
}
