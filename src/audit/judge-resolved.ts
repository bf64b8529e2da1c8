import { judgeResolution } from '../approval/court/judge-decision.ts';
import type { Effect } from '../approval/request.ts';
import type { Recorded, StepResolved, StepStarted } from '../run/events.ts';
import type { Attempt } from '../run/state.ts';
import { commandFor } from '../run/together.ts';
import { type Docket, plannedStep, type Replay } from './docket.ts';

type Resolved = Recorded<{ readonly type: 'step.resolved'; readonly data: StepResolved }>;

/**
 * What is wrong with the settling of an unknown outcome; null where nothing is. The step itself may say
 * that it can be tried again or probed. Beyond that, a privileged step takes a person's signature.
 */
export function judgeResolved(
  entry: Resolved,
  { docket, replay }: { readonly docket: Docket; readonly replay: Replay },
): string | null {
  const { data } = entry.event;
  const attempt = replay.state.steps
    .get(data.step)
    ?.attempts.find((each) => each.attempt === data.attempt);
  if (data.by !== 'person') {
    return judgeAutomatic(data, attempt?.started?.data ?? null, replay);
  }
  return attempt?.started?.data.permit.kind === 'grant'
    ? judgeSigned(entry, attempt.started, { docket, replay })
    : null;
}

function judgeAutomatic(
  { step, by, outcome }: StepResolved,
  started: StepStarted | null,
  replay: Replay,
): string | null {
  const effect = effectOf(step, started, replay);
  const isSaid =
    by === 'idempotent'
      ? effect.idempotent && outcome === 'retry'
      : by === 'check' && effect.has_check && outcome === 'succeeded';
  return isSaid
    ? null
    : `${step} was settled as ${outcome} by \`${by}\`, which its plan does not say`;
}

/** What a step says of itself: in its plan; where that is gone, to those who approved it. */
function effectOf(
  step: string,
  started: StepStarted | null,
  replay: Replay,
): Pick<Effect, 'idempotent' | 'has_check'> {
  const planned = plannedStep(replay, step);
  if (replay.plan !== null) {
    return {
      idempotent: planned?.idempotent === true,
      has_check: (planned?.check ?? null) !== null,
    };
  }
  const asked = started?.permit.kind === 'grant' ? started.permit.request : null;
  const content = asked === null ? undefined : replay.state.requests.get(asked)?.content;
  // Of what nobody was asked about, and of what another run approved, nothing else is left that says it.
  return content === undefined ? unsaid : (commandFor(content, step)?.effect ?? content.effect);
}

const unsaid = { idempotent: true, has_check: true };

function judgeSigned(
  { seq, event: { data } }: Resolved,
  started: NonNullable<Attempt['started']>,
  { docket, replay }: { readonly docket: Docket; readonly replay: Replay },
): string | null {
  if (data.statement === null || data.signature === null) {
    return `privileged step ${data.step} was settled without a signature`;
  }
  const { run, initiator } = replay.state;
  const judged = judgeResolution({
    signed: { statement: data.statement, signature: data.signature },
    people: docket.rules.people,
    initiator,
    started: {
      run,
      step: data.step,
      attempt: data.attempt,
      leafHash: started.hash,
      index: started.seq,
    },
    decisionIndexUpperBound: seq,
    rootAt: docket.rootAt,
    origin: docket.origin,
  });
  if (judged.kind === 'refused') {
    return judged.message;
  }
  return judged.outcome === data.outcome && judged.person === data.link?.person
    ? null
    : 'the entry says other than what was signed';
}
