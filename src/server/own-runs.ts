import { RunbookError, UsageError } from '../base/errors.ts';
import { isRunId, type RunId } from '../base/ids.ts';
import { scopeMissing } from './refusals.ts';
import type { Call } from './route.ts';

const maxOwners = 10_000;

/**
 * The run that a path names: an id, a unique prefix, or `latest`. To a token that sees only its own runs
 * another's is as unknown as one that is not there; where it may read but not do this, it is told so.
 */
export async function namedRun(call: Call, name = call.param('run')): Promise<RunId> {
  if (call.reach === 'all') {
    return isRunId(name) ? name : (await call.service.status(name === 'latest' ? null : name)).run;
  }
  const run = name === 'latest' ? await latestOwn(call) : await findRun(call, name);
  if (run !== null && (await isOwn(call, run))) {
    return run;
  }
  if (run !== null && call.scopes.includes('read')) {
    throw scopeMissing('this token may do that only with the runs it started');
  }
  throw new UsageError({
    code: 'run_unknown',
    message: `no run \`${name}\``,
    hint: '`runbook runs` lists them',
  });
}

/** The newest runs that this token sees. */
export function seenRuns(call: Call, limit: number) {
  return call.reach === 'all'
    ? call.service.runs(limit)
    : call.service.runs(limit, identityOf(call));
}

/** The newest requests of the runs that this token sees. */
export function seenRequests(call: Call, open: boolean, limit: number) {
  const caller = identityOf(call);
  return call.service.requests(open, call.reach === 'all' ? { limit } : { limit, caller });
}

async function latestOwn(call: Call): Promise<RunId | null> {
  const [latest] = await seenRuns(call, 1);
  return latest?.run ?? null;
}

/** Null also where several runs begin like this: how many there are is not this token's to know. */
async function findRun(call: Call, name: string): Promise<RunId | null> {
  try {
    return isRunId(name) ? name : (await call.service.status(name)).run;
  } catch (error) {
    return orNull(error);
  }
}

/** Whether this token started that run. */
export async function isOwn(call: Call, run: RunId): Promise<boolean> {
  const { owners } = call.site;
  const owner = owners.get(run) ?? (await ownerOf(call, run));
  if (owner === null) {
    return false;
  }
  if (owners.size >= maxOwners) {
    owners.clear();
  }
  owners.set(run, owner);
  return owner === identityOf(call);
}

/** The first link of the chain: whoever called. Null for an unknown run. */
async function ownerOf(call: Call, run: RunId): Promise<string | null> {
  try {
    const [first] = await call.service.events(run, 0);
    return first?.event.type === 'run.started'
      ? (first.event.data.initiator.chain[0]?.identity ?? null)
      : null;
  } catch (error) {
    return orNull(error);
  }
}

function orNull(error: unknown): null {
  if (error instanceof RunbookError && ['run_unknown', 'run_ambiguous'].includes(error.code)) {
    return null;
  }
  throw error;
}

function identityOf({ caller }: Call): string {
  return `token:${caller.token}`;
}
