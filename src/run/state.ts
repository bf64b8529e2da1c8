import { addLink } from '../approval/people/initiator.ts';
import type { ChainLink, Initiator } from '../approval/people/people.ts';
import type { RequestContent } from '../approval/request.ts';
import { IntegrityError } from '../base/errors.ts';
import type { RequestId, RunId, Sha256 } from '../base/ids.ts';
import { withValue } from '../base/overlay.ts';
import { isEnrolmentEvent } from './enrolment-events.ts';
import type {
  BreakGlassReviewed,
  CancelRequested,
  Decided,
  Expired,
  Recorded,
  Reminded,
  RunFinished,
  RunStarted,
  StepDenied,
  StepFinished,
  StepResolved,
  StepStarted,
  Superseded,
} from './events.ts';
import { answered, askedOf } from './manual.ts';
import type { ManualAsked, ManualDone } from './manual-events.ts';
import { applyToRequest } from './request-record.ts';
import { isTrailEvent } from './trail-events.ts';

/** A run as its entries tell it; nothing in it comes from anywhere else. */
export interface RunState {
  readonly run: RunId;
  /** How many of the run's entries are folded in: the version a commit names. */
  readonly version: number;
  readonly started: RunStarted;
  readonly startedAt: string;
  /** Sequence number of `run.started`. */
  readonly first: number;
  /** The chain with everyone who resumed since. */
  readonly initiator: Initiator;
  readonly steps: ReadonlyMap<string, StepRecord>;
  readonly requests: ReadonlyMap<RequestId, RequestRecord>;
  /** Whether anything of it was started under an approval, its own or a lent one. */
  readonly underGrant: boolean;
  readonly cancel: CancelRequested | null;
  readonly finished: RunFinished | null;
}

export interface StepRecord {
  readonly id: string;
  readonly attempts: readonly Attempt[];
  /** In the order they were asked. */
  readonly requests: readonly RequestId[];
  /** Starts of the step's read-only probe. */
  readonly probes: number;
  readonly skipped: string | null;
  readonly denied: StepDenied | null;
}

export interface Attempt {
  readonly attempt: number;
  /** Present where a person was asked to do it: nothing is started then. */
  readonly asked?: { readonly data: ManualAsked; readonly time: string };
  /** Who said how it went, where a person was asked. */
  readonly doneBy?: ChainLink;
  /** Null where it failed before anything could be started. */
  readonly started: {
    readonly data: StepStarted;
    readonly seq: number;
    readonly time: string;
    readonly hash: Sha256;
  } | null;
  readonly finished: { readonly data: StepFinished; readonly time: string } | null;
  /** Why nobody knows the outcome; null where somebody does. */
  readonly unknown: string | null;
  readonly resolved: StepResolved | null;
}

export interface RequestRecord {
  readonly content: RequestContent;
  readonly seq: number;
  /** Leaf hash of the request: what statements name. */
  readonly hash: Sha256;
  readonly decisions: readonly DecisionRecord[];
  /** Claims so far. */
  readonly used: number;
  readonly closed:
    | { readonly kind: 'expired'; readonly which: Expired['which']; readonly reopened: boolean }
    | { readonly kind: 'superseded'; readonly changes: Superseded['changes'] }
    | null;
  /** Told again, or told to more people. */
  readonly reminded?: readonly Reminded[];
  /** Of what was done under it by break-glass; null while nobody has. */
  readonly review: {
    readonly data: BreakGlassReviewed;
    readonly seq: number;
    readonly time: string;
  } | null;
}

/** A decision as its entry has it. */
export interface DecisionRecord {
  readonly data: Decided;
  readonly seq: number;
  readonly time: string;
}

/** Folds a run's entries, in order. Throws IntegrityError where the first is not `run.started`. */
export function foldRun(entries: readonly Recorded[]): RunState {
  const [first, ...rest] = entries;
  if (first?.event.type !== 'run.started' || first.run === null) {
    throw new IntegrityError({
      code: 'run_headless',
      message: 'a run must begin with `run.started`',
      hint: 'the journal was changed by hand: run `runbook audit verify`',
    });
  }
  return rest.reduce(apply, begin(first.run, first, first.event.data));
}

const untouched = { attempts: [], requests: [], probes: 0, skipped: null, denied: null };

function begin(run: RunId, entry: Recorded, data: RunStarted): RunState {
  return {
    run,
    version: 1,
    started: data,
    startedAt: entry.time,
    first: entry.seq,
    initiator: data.initiator,
    steps: new Map(data.steps.map(({ id }) => [id, { id, ...untouched }])),
    requests: new Map(),
    underGrant: false,
    cancel: null,
    finished: null,
  };
}

/** The run after one more of its entries. Total: an entry that makes no sense changes only the version. */
export function apply(state: RunState, entry: Recorded): RunState {
  const next = { ...state, version: state.version + 1 };
  const { event } = entry;
  if (isTrailEvent(event) || isEnrolmentEvent(event)) {
    return next;
  }
  switch (event.type) {
    case 'run.resumed':
      return reopenExpired(joined(next, event.data.links));
    case 'run.cancel_requested':
      return { ...next, cancel: state.cancel ?? event.data };
    case 'run.finished':
      return { ...next, finished: event.data };
    case 'approval.requested':
      return addRequest(next, entry, event.data);
    case 'approval.decided':
    case 'approval.expired':
    case 'approval.superseded':
    case 'approval.reminded':
    case 'break_glass.reviewed':
      return withRequest(next, event.data.request, (request) =>
        applyToRequest(request, entry, event),
      );
    case 'manual.asked':
      return withStep(next, event.data.step, (step) => askedOf(step, event.data, entry.time));
    case 'manual.done':
      return applyDone(next, entry, event.data);
    case 'step.skipped':
      return withStep(next, event.data.step, (step) => ({ ...step, skipped: event.data.why }));
    case 'step.denied':
      return withStep(next, event.data.step, (step) => ({ ...step, denied: event.data }));
    case 'step.started':
      return applyStarted(next, entry, event.data);
    case 'step.finished':
      return applyFinished(next, entry, event.data);
    case 'step.unknown':
      return withAttempt(next, event.data, { unknown: event.data.why });
    case 'step.resolved':
      return withAttempt(next, event.data, { resolved: event.data });
    case 'step.late':
    case 'log.genesis':
    case 'config.set':
    case 'run.started':
    case 'grant.revoked':
    case 'token.issued':
    case 'token.revoked':
      return next;
  }
}

function joined(state: RunState, links: readonly ChainLink[]): RunState {
  return { ...state, initiator: links.reduce(addLink, state.initiator) };
}

/** What is made of somebody's values is theirs: they stand behind the run from here on. */
function applyDone(state: RunState, { time }: Recorded, data: ManualDone): RunState {
  const initiator =
    data.outputs === null
      ? state.initiator
      : addLink(state.initiator, { ...data.by, role: 'doer' });
  return withStep({ ...state, initiator }, data.step, (step) => answered(step, data, time));
}

function addRequest(state: RunState, entry: Recorded, content: RequestContent): RunState {
  const record: RequestRecord = {
    content,
    seq: entry.seq,
    hash: entry.hash,
    decisions: [],
    used: 0,
    closed: null,
    review: null,
  };
  const requests = new Map(state.requests).set(content.id, record);
  const asked = new Set([content.step, ...content.commands.map(({ step }) => step)]);
  const ask = (step: StepRecord) => ({ ...step, requests: [...step.requests, content.id] });
  const stated: RunState = { ...state, requests };
  return [...asked].reduce((after, id) => withStep(after, id, ask), stated);
}

function applyStarted(state: RunState, entry: Recorded, data: StepStarted): RunState {
  const probed = stepOfProbe(data.step);
  if (probed !== null) {
    return withStep(state, probed, (step) => ({ ...step, probes: step.probes + 1 }));
  }
  const attempt: Attempt = {
    attempt: data.attempt,
    started: { data, seq: entry.seq, time: entry.time, hash: entry.hash },
    finished: null,
    unknown: null,
    resolved: null,
  };
  const begun = withStep(state, data.step, (step) => ({
    ...step,
    attempts: [...step.attempts, attempt],
  }));
  return data.permit.kind === 'grant'
    ? withRequest({ ...begun, underGrant: true }, data.permit.request, (request) => ({
        ...request,
        used: request.used + 1,
      }))
    : begun;
}

function applyFinished(state: RunState, entry: Recorded, data: StepFinished): RunState {
  if (stepOfProbe(data.step) !== null) {
    return state;
  }
  const finished = { data, time: entry.time };
  if (state.steps.get(data.step)?.attempts.some(({ attempt }) => attempt === data.attempt)) {
    return withAttempt(state, data, { finished });
  }
  const never = { started: null, unknown: null, resolved: null };
  const attempt: Attempt = { attempt: data.attempt, ...never, finished };
  return withStep(state, data.step, (step) => ({ ...step, attempts: [...step.attempts, attempt] }));
}

/** Expired requests end a wait, not a run: whoever resumes asks anew. */
function reopenExpired(state: RunState): RunState {
  const requests = new Map(
    [...state.requests].map(([id, request]) => [
      id,
      request.closed?.kind === 'expired'
        ? { ...request, closed: { ...request.closed, reopened: true } }
        : request,
    ]),
  );
  return { ...state, requests };
}

/** `restart` for `restart/check`; null for a step itself. */
export function stepOfProbe(step: string): string | null {
  return step.endsWith('/check') ? step.slice(0, -'/check'.length) : null;
}

function withStep(state: RunState, id: string, change: (step: StepRecord) => StepRecord): RunState {
  const step = state.steps.get(id);
  return step === undefined ? state : { ...state, steps: withValue(state.steps, id, change(step)) };
}

function withRequest(
  state: RunState,
  id: RequestId,
  change: (request: RequestRecord) => RequestRecord,
): RunState {
  const request = state.requests.get(id);
  return request === undefined
    ? state
    : { ...state, requests: new Map(state.requests).set(id, change(request)) };
}

function withAttempt(
  state: RunState,
  at: { readonly step: string; readonly attempt: number },
  change: Partial<Attempt>,
): RunState {
  return withStep(state, at.step, (step) => ({
    ...step,
    attempts: step.attempts.map((attempt) =>
      attempt.attempt === at.attempt ? { ...attempt, ...change } : attempt,
    ),
  }));
}
