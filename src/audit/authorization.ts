import { judgeDecision, judgeResolution } from '../approval/judge-decision.ts';
import { decisionId } from '../approval/statement.ts';
import type { BlobId, RunId, Sha256 } from '../base/ids.ts';
import type { Decided, Recorded, StepResolved, StepStarted } from '../run/events.ts';
import type { Rules } from '../run/judge.ts';
import { apply, decidersOf, foldRun, type RunState, stepOfProbe } from '../run/state.ts';
import type { Docket, Replay } from './docket.ts';
import type { Blob } from './exhibit.ts';
import type { FindingCode, Report } from './finding.ts';
import { judgeGrant } from './judge-grant.ts';
import { judgeUnasked } from './judge-unasked.ts';
import { readConfig, readPlan } from './read-blobs.ts';

/**
 * Replays who was allowed to do what: policy and people as they were in force, over every decision and
 * every spawn, with the very functions that the engine decided by.
 */
export class Authorization {
  readonly decisions = new Set<string>();
  spawns = 0;
  grants = 0;
  readonly #origin: string;
  readonly #rootAt: Docket['rootAt'];
  readonly #report: Report;
  readonly #runs = new Map<RunId, Replay>();
  #rules: Rules | null = null;

  constructor(of: {
    readonly origin: string;
    readonly rootAt: Docket['rootAt'];
    readonly report: Report;
  }) {
    this.#origin = of.origin;
    this.#rootAt = of.rootAt;
    this.#report = of.report;
  }

  add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void {
    try {
      this.#add(entry, blobs);
    } catch {
      // Hostile shapes under a stolen key: whatever cannot be followed did not happen by the rules.
      this.#complain(entry, 'E_RUN', 'the entry cannot be followed');
    }
  }

  #add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void {
    const { event, run } = entry;
    if (event.type === 'config.set') {
      this.#rules = readConfig(event.data, { seq: entry.seq, blobs });
      if (this.#rules === null) {
        this.#complain(entry, 'E_NO_CONFIG', 'its files are gone or no longer what the entry says');
      }
      return;
    }
    if (run === null) {
      return;
    }
    if (event.type === 'run.started') {
      const plan = readPlan(event.data, blobs);
      if (plan === null) {
        this.#complain(
          entry,
          'E_NO_PLAN',
          `the plan of run ${run} is gone or no longer what the entry says`,
        );
      }
      this.#runs.set(run, { state: foldRun([entry]), plan });
      return;
    }
    const replay = this.#runs.get(run);
    if (replay === undefined || replay.state.finished !== null) {
      this.#complain(entry, 'E_RUN', `run ${run} is not open here`);
      return;
    }
    this.#judge(entry, replay);
    const after = { ...replay, state: apply(replay.state, entry) };
    if (event.type === 'run.finished') {
      this.#runs.delete(run);
    } else {
      this.#runs.set(run, after);
    }
  }

  #judge(entry: Recorded, replay: Replay): void {
    const { event } = entry;
    if (event.type === 'approval.decided') {
      this.#judgeDecided(entry, event.data, replay);
    } else if (event.type === 'step.started') {
      this.#judgeStarted(entry, event.data, replay);
    } else if (event.type === 'step.resolved') {
      this.#judgeResolved(entry, event.data, replay);
    } else if (event.type === 'run.resumed') {
      const deciders = decidersOf(replay.state);
      const people = event.data.links.flatMap(({ person }) => person ?? []);
      for (const person of people.filter((each) => deciders.includes(each))) {
        this.#complain(entry, 'E_DECIDER_RESUMED', `${person} decided in this run and resumed it`);
      }
    }
  }

  #judgeDecided(entry: Recorded, data: Decided, { state }: Replay): void {
    this.decisions.add(decisionId(data));
    const docket = this.#docket(entry);
    const request = state.requests.get(data.request);
    if (docket === null || request === undefined) {
      this.#complain(
        entry,
        'E_APPROVAL',
        `it decides about ${data.request}, which this run does not ask`,
      );
      return;
    }
    const judged = judgeDecision({
      signed: data,
      request: { content: request.content, leafHash: request.hash, index: request.seq },
      people: docket.rules.people,
      initiator: state.initiator,
      decisionIndexUpperBound: entry.seq,
      rootAt: this.#rootAt,
      origin: this.#origin,
      policyDigest: request.content.policy.evaluation.policy_digest,
    });
    if (judged.kind === 'refused') {
      this.#complain(entry, codeOf(judged.code), judged.message);
      return;
    }
    const same =
      judged.decision === data.decision &&
      judged.person === data.person &&
      judged.presence === data.presence &&
      judged.assurance === data.assurance &&
      judged.id === data.id;
    if (!same) {
      this.#complain(entry, 'E_APPROVAL', 'the entry says other than what was signed');
    }
  }

  #judgeStarted(entry: Recorded, data: StepStarted, replay: Replay): void {
    this.spawns += 1;
    const docket = this.#docket(entry);
    if (docket === null) {
      return;
    }
    const findings = this.#findingsOf(entry, data, { docket, replay });
    for (const [code, message] of findings) {
      this.#complain(entry, code, `${data.step} attempt ${data.attempt}: ${message}`);
    }
  }

  #findingsOf(
    entry: Recorded,
    data: StepStarted,
    { docket, replay }: { readonly docket: Docket; readonly replay: Replay },
  ): readonly (readonly [FindingCode, string])[] {
    const { permit } = data;
    if (isRepeated(replay.state, data)) {
      return [['E_APPROVAL_REPLAY', 'this attempt had started before']];
    }
    switch (permit.kind) {
      case 'policy':
        return judgeUnasked({ entry, data, evaluation: permit.evaluation }, { docket, replay });
      case 'grant':
        this.grants += 1;
        return judgeGrant({ entry, data, permit }, { docket, replay });
      case 'check':
        return judgeProbe(replay.state, data, permit.of);
    }
  }

  #judgeResolved(entry: Recorded, data: StepResolved, { state }: Replay): void {
    const attempt = state.steps
      .get(data.step)
      ?.attempts.find((each) => each.attempt === data.attempt);
    const docket = this.#docket(entry);
    if (docket === null || attempt?.started?.data.permit.kind !== 'grant' || data.by !== 'person') {
      return;
    }
    const { started } = attempt;
    if (data.statement === null || data.signature === null) {
      this.#complain(
        entry,
        'E_RESOLUTION',
        `privileged step ${data.step} was settled without a signature`,
      );
      return;
    }
    this.decisions.add(decisionId({ statement: data.statement, signature: data.signature }));
    const judged = judgeResolution({
      signed: { statement: data.statement, signature: data.signature },
      people: docket.rules.people,
      initiator: state.initiator,
      started: {
        run: state.run,
        step: data.step,
        attempt: data.attempt,
        leafHash: started.hash,
        index: started.seq,
      },
      decisionIndexUpperBound: entry.seq,
      rootAt: this.#rootAt,
      origin: this.#origin,
    });
    if (judged.kind === 'refused' || judged.outcome !== data.outcome) {
      this.#complain(
        entry,
        'E_RESOLUTION',
        judged.kind === 'refused' ? judged.message : 'signed for another outcome',
      );
    }
  }

  #docket(entry: Recorded): Docket | null {
    if (this.#rules === null) {
      this.#complain(entry, 'E_NO_CONFIG', 'no policy was in force that could be read');
      return null;
    }
    return { origin: this.#origin, rootAt: this.#rootAt, rules: this.#rules };
  }

  #complain(entry: Recorded, code: FindingCode, message: string): void {
    this.#report({ verdict: 'authorization', code, index: entry.seq, message });
  }
}

function isRepeated(state: RunState, { step, attempt }: StepStarted): boolean {
  return state.steps.get(step)?.attempts.some((each) => each.attempt === attempt) ?? false;
}

/** A probe was bound in a step that had started: it may run, it grants nothing. */
function judgeProbe(
  state: RunState,
  data: StepStarted,
  of: Sha256,
): readonly (readonly [FindingCode, string])[] {
  const step = stepOfProbe(data.step);
  const bound =
    step !== null &&
    state.steps.get(step)?.attempts.some(({ started }) => started?.data.digest === of);
  return bound === true
    ? []
    : [['E_UNAPPROVED_EXECUTION', 'it ran as the probe of a step that never started']];
}

function codeOf(refusal: string): FindingCode {
  if (refusal === 'self_approval') {
    return 'E_SELF_APPROVAL';
  }
  if (refusal === 'other_request' || refusal === 'other_commands') {
    return 'E_APPROVAL_REPLAY';
  }
  return refusal === 'E_APPROVAL_SIG' ? 'E_APPROVAL_SIG' : 'E_APPROVAL';
}
