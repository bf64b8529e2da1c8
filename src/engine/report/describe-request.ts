import type { RequestState } from '../../approval/request-state.ts';
import { requestUrl } from '../../approval/request-url.ts';
import { missingOf, type Tally } from '../../approval/tally/tally.ts';
import { digestWords } from '../../base/digest.ts';
import type { BlobId, RequestId, RunId } from '../../base/ids.ts';
import { isUnder } from '../../run/dealings.ts';
import { tallyInRun } from '../../run/judge.ts';
import { standingReview } from '../../run/owed-review.ts';
import type { RequestRecord, RunState } from '../../run/state.ts';
import type { Command } from '../../runbook/command.ts';
import { decodeCommand } from '../../runbook/digest.ts';
import type { Engine } from '../engine.ts';
import { findRequest } from '../find.ts';
import { servedAt } from '../office/served-at.ts';
import type { RequestDetail } from '../reports.ts';
import { loadRun } from '../session.ts';

/** Everything a card is laid out from, and where the request stands now. Changes nothing. */
export async function describeRequest(
  engine: Engine,
  request: RequestId | string | null,
): Promise<RequestDetail> {
  const row = await findRequest(engine, request);
  const { state, record } = await loadRequest(engine, row.run, row.request);
  const { content } = record;
  const [first, ...more] = content.commands;
  const others = await Promise.all(more.map(({ command }) => loadCommand(engine, command)));
  const tally = currentTally(engine, state, record);
  const page = (await servedAt(engine.store))?.page ?? null;
  return {
    hash: record.hash,
    content,
    command: await loadCommand(engine, first?.command ?? null),
    ...(others.length === 0 ? {} : { others }),
    previous:
      content.previous === null ? null : await loadPrevious(engine, content.previous.command),
    words: wordsOf(record),
    state: requestState(state, record, tally),
    missing: missingOf(tally),
    decisions: record.decisions.map(({ data, time }) => ({
      person: data.person,
      decision: data.decision,
      assurance: data.assurance,
      reason: data.reason,
      time,
      channel: data.channel,
      identity: data.attested?.identity ?? null,
    })),
    outcome: outcomeOf(state, record),
    review: standingReview(state, record, engine.clock.now().wallMs),
    ...(page === null ? {} : { url: requestUrl(page, content.id) }),
  };
}

/** How what was started under this request stands, in words; null where nothing was claimed. */
function outcomeOf(state: RunState, record: RequestRecord): string | null {
  const { commands } = record.content;
  const [first, ...others] = commands.map(({ step }) => ({
    step,
    outcome: stepOutcome(state, record, step),
  }));
  if (others.length === 0) {
    return first?.outcome ?? null;
  }
  return sumUp(
    [first, ...others].filter((each) => each !== undefined),
    state.finished !== null,
  );
}

/** Of several steps: the first that did not go well, or what is still to come. */
function sumUp(
  steps: readonly { readonly step: string; readonly outcome: string | null }[],
  ended: boolean,
): string | null {
  const begun = steps.filter(({ outcome }) => outcome !== null);
  const bad = begun.find(({ outcome }) => outcome !== 'running' && outcome !== 'succeeded');
  if (bad !== undefined) {
    const [kind = '', ...reason] = (bad.outcome ?? '').split(': ');
    return [kind, bad.step, ...reason].join(': ');
  }
  const running = begun.some(({ outcome }) => outcome === 'running');
  const isLeft = !ended && begun.length < steps.length;
  return begun.length === 0 ? null : running || isLeft ? 'running' : 'succeeded';
}

function stepOutcome(state: RunState, record: RequestRecord, step: string): string | null {
  const attempt = state.steps
    .get(step)
    ?.attempts.findLast(
      ({ started }) => started !== null && isUnder(started.data, record.content.id),
    );
  if (attempt === undefined) {
    return null;
  }
  const { finished, unknown, resolved } = attempt;
  if (resolved !== null) {
    return resolved.outcome;
  }
  if (finished !== null) {
    const { outcome, reason } = finished.data;
    return reason === null ? outcome : `${outcome}: ${reason}`;
  }
  return unknown === null ? 'running' : 'unknown';
}

/** Four words and eight hex of the request's leaf hash: what both sides compare, and what is signed. */
export function wordsOf({ hash }: RequestRecord): string {
  return digestWords(hash);
}

/** Where a request stands by the people, chain and clock of now. */
export function currentTally(engine: Engine, state: RunState, record: RequestRecord): Tally {
  const nowMs = engine.clock.now().wallMs;
  return tallyInRun(state, record, { people: engine.trusted().people.value, nowMs });
}

/** The request's state in the words of the design. */
export function requestState(state: RunState, record: RequestRecord, tally: Tally): RequestState {
  if (record.closed?.kind === 'superseded') {
    return 'superseded';
  }
  if (record.closed?.kind === 'expired') {
    return record.closed.which === 'unused' ? 'lapsed' : 'expired';
  }
  switch (tally.kind) {
    case 'spent':
      return 'claimed';
    case 'rejected':
      return 'rejected';
    case 'granted':
      return record.used > 0 ? 'claimed' : state.finished === null ? 'approved' : 'cancelled';
    case 'expired':
      return tally.which === 'unused' ? 'lapsed' : 'expired';
    case 'revoked':
      return state.finished === null ? 'revoked' : 'cancelled';
    case 'open':
      return state.finished === null ? 'pending' : 'cancelled';
  }
}

/** One request's record within its run. */
export async function loadRequest(
  engine: Engine,
  run: RunId,
  request: RequestId,
): Promise<{ readonly state: RunState; readonly record: RequestRecord }> {
  const { state } = await loadRun(engine, run);
  const record = state.requests.get(request);
  if (record === undefined) {
    throw new Error(`run ${run} has no request ${request}`);
  }
  return { state, record };
}

async function loadCommand(engine: Engine, blob: BlobId | null): Promise<Command> {
  if (blob === null) {
    throw new Error('a request names at least one command');
  }
  return decodeCommand((await engine.store.getBlob(blob)).bytes);
}

/** The last run's command may have been erased since: then there is no diff. */
async function loadPrevious(engine: Engine, blob: BlobId): Promise<Command | null> {
  return (await engine.store.checkBlob(blob)) === 'ok' ? loadCommand(engine, blob) : null;
}
