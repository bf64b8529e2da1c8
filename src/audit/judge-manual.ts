import { agentOfAccount, personOf } from '../approval/people/identity.ts';
import type { ChainLink, People } from '../approval/people/people.ts';
import { canonicalize } from '../base/jcs.ts';
import { decidersOf } from '../run/deciders.ts';
import type { Recorded } from '../run/events.ts';
import { waitsUntil } from '../run/manual.ts';
import type { ManualDone } from '../run/manual-events.ts';
import { readParams } from '../runbook/params.ts';
import type { ManualAction } from '../runbook/plan.ts';
import { attemptOf, plannedStep, type Replay } from './docket.ts';
import type { Exhibit } from './exhibit.ts';
import { readValues } from './read-values.ts';

/** What a person's word on a manual step is held against. */
export interface ManualBench extends Pick<Exhibit, 'blobs'> {
  readonly replay: Replay;
  readonly people: People;
}

/** What is wrong with somebody's word that a manual step is done; null where nothing is. */
export function judgeDone(
  { time }: Pick<Recorded, 'time'>,
  data: ManualDone,
  bench: ManualBench,
): string | null {
  const { replay, people } = bench;
  const asked = attemptOf(replay, data.step, data.attempt);
  if (asked?.asked === undefined || asked.finished !== null) {
    return `${data.step} was said to be done, and nobody was waiting for that`;
  }
  const manual = manualAction(replay, data.step);
  const untilMs = waitsUntil(asked, manual?.wait_ms ?? null);
  return untilMs !== null && Date.parse(time) >= untilMs
    ? `${data.step} was said to be done after it had given up`
    : (judgeDoer(data.by, people) ??
        judgeGiver(data, replay) ??
        (replay.plan === null ? null : judgeValues(data, manual, bench)));
}

function manualAction(replay: Replay, step: string): ManualAction | null {
  const action = plannedStep(replay, step)?.action;
  return action?.kind === 'manual' ? action : null;
}

/** What proves who somebody is. On whose behalf they act, and who owns an agent, proves nothing of who acted. */
const proving: ReadonlySet<ChainLink['role']> = new Set(['caller', 'sudo', 'signer', 'resumer']);

/** Agents and jobs do nothing by hand, and nobody is taken for a person they are not. */
function judgeDoer(link: ChainLink, people: People): string | null {
  const { role, identity, person } = link;
  if (isMachine(link, people)) {
    return `${identity} is no person, and said that a manual step is done`;
  }
  if (!proving.has(role) || link.claimed === true) {
    return `${identity} stands in it as ${role}, which proves nobody: who said that a manual step is done is not known`;
  }
  const owner = personOf(people, identity)?.name ?? null;
  return identity.startsWith('token:') || owner === person
    ? null
    : `${identity} is not ${person ?? 'nobody'}`;
}

function isMachine({ role, identity, person }: ChainLink, people: People): boolean {
  return (
    role === 'agent' ||
    role === 'ci' ||
    agentOfAccount(people, identity) !== null ||
    (identity.startsWith('token:') && person === null)
  );
}

/** Whoever decided in a run gives it no values: what is made of them is theirs. */
function judgeGiver({ by, outputs, step }: ManualDone, { state }: Replay): string | null {
  return outputs !== null && by.person !== null && decidersOf(state).includes(by.person)
    ? `${by.person} decided in this run and gave the values of ${step}`
    : null;
}

/** The values are those that the step asks for, within their limits; a blob that is gone is found elsewhere. */
function judgeValues(
  { step, outcome, outputs }: ManualDone,
  action: ManualAction | null,
  { blobs }: ManualBench,
): string | null {
  const ask = action?.ask ?? {};
  if (outputs === null) {
    const { problems } = readParams(ask, {}, 'output');
    return outcome === 'failed' || problems.length === 0
      ? null
      : `${step} was said to be done without what it asks for: ${problems.join('; ')}`;
  }
  const blob = blobs.get(outputs);
  if (blob?.state !== 'ok' || blob.bytes === null) {
    return null;
  }
  const given = readValues(blob);
  if (given === null) {
    return `the values of ${step} cannot be read`;
  }
  const { values, problems } = readParams(ask, given, 'output');
  if (problems.length > 0) {
    return `the values of ${step} are not what it asks for: ${problems.join('; ')}`;
  }
  return canonicalize(values) === canonicalize(given)
    ? null
    : `the values of ${step} are not in the form that it asks for`;
}
