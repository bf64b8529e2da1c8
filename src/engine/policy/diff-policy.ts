import { parsePeople } from '../../approval/people/people-schema.ts';
import { sha256 } from '../../base/digest.ts';
import { RunbookError } from '../../base/errors.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import { parsePolicy } from '../../policy/schema/schema.ts';
import type { Recorded } from '../../run/events.ts';
import type { Rules } from '../../run/judge.ts';
import { recordedOf } from '../../run/recorded.ts';
import { foldRun, type RequestRecord } from '../../run/state.ts';
import { decodePlan } from '../../runbook/digest.ts';
import type { Plan } from '../../runbook/plan.ts';
import type { RunRow } from '../../store/rows.ts';
import type { Engine } from '../engine.ts';
import { retryRun } from './diff-run.ts';
import type { NamedText, PolicyDiffReport } from './reports.ts';

/** Which rules the recorded decisions are held against, and which of them. */
export interface DiffInput {
  readonly policy: NamedText;
  readonly people: NamedText;
  /** Runs that started from then on; null: all. */
  readonly sinceMs: number | null;
  /** How many of the latest runs. */
  readonly limit: number;
}

/**
 * Which recorded decisions would have been decided otherwise. Reads one run at a time, the latest first;
 * writes nothing. A run whose plan was erased, or cannot be read, is named and left out.
 */
export async function diffPolicy(engine: Engine, input: DiffInput): Promise<PolicyDiffReport> {
  const rules = rulesOf(input);
  const rows = (await engine.store.listRuns({ limit: input.limit })).filter(
    ({ started }) => input.sinceMs === null || Date.parse(started) >= input.sinceMs,
  );
  const skipped: RunId[] = [];
  const differences: PolicyDiffReport['differences'][number][] = [];
  let decisions = 0;
  for (const row of rows) {
    const retried = await retryRow(engine, row, rules);
    if (retried === null) {
      skipped.push(row.run);
    } else {
      decisions += retried.decisions;
      const { run, runbook, environment } = row;
      differences.push(
        ...retried.differences.map((one) => ({ run, runbook, environment, ...one })),
      );
    }
  }
  return { runs: rows.length, decisions, differences, skipped };
}

function rulesOf({ policy, people }: DiffInput): Rules {
  return {
    policy: parsePolicy(policy.text, policy.file),
    people: parsePeople(people.text, people.file),
    config: 0,
    policyDigest: sha256(policy.text),
    peopleDigest: sha256(people.text),
  };
}

async function retryRow(
  engine: Engine,
  { run }: RunRow,
  rules: Rules,
): Promise<ReturnType<typeof retryRun> | null> {
  const entries = (await engine.store.loadRun(run)).map(recordedOf);
  const plan = await planOf(engine, entries);
  return plan === null
    ? null
    : retryRun({ entries, plan, rules, lent: await lentTo(engine, entries) });
}

async function planOf(engine: Engine, [first]: readonly Recorded[]): Promise<Plan | null> {
  if (first?.event.type !== 'run.started') {
    return null;
  }
  try {
    return decodePlan((await engine.store.getBlob(first.event.data.plan)).bytes);
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

/** Requests of other runs that a grant let this one start under, as they ended up. */
async function lentTo(
  engine: Engine,
  entries: readonly Recorded[],
): Promise<ReadonlyMap<RequestId, RequestRecord>> {
  const lent = new Map<RequestId, RequestRecord>();
  for (const { event } of entries) {
    if (event.type !== 'step.started' || event.data.permit.kind !== 'grant') {
      continue;
    }
    const { lent_by, request } = event.data.permit;
    if (lent_by !== undefined && !lent.has(request)) {
      const { requests } = foldRun((await engine.store.loadRun(lent_by)).map(recordedOf));
      const record = requests.get(request);
      if (record !== undefined) {
        lent.set(request, { ...record, used: 0 });
      }
    }
  }
  return lent;
}
