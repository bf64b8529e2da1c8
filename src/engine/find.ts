import { UsageError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import type { RequestRow, RunRow } from '../store/rows.ts';
import type { Engine } from './engine.ts';

/** The run a person means: a unique prefix of its id, or null for the latest. Throws UsageError. */
export async function findRun(engine: Engine, prefix: string | null): Promise<RunId> {
  if (prefix === null) {
    const [latest] = await engine.store.listRuns({ limit: 1 });
    return one(latest === undefined ? [] : [latest], 'run', 'the latest').run;
  }
  const rows = await engine.store.findRuns(prefix);
  if (rows.length === 0) {
    await refusePruned(engine, prefix);
  }
  return one<RunRow>(rows, 'run', prefix).run;
}

/** Throws UsageError `run_pruned` where such a run was there once. */
async function refusePruned({ store }: Engine, prefix: string): Promise<void> {
  const [run] = await store.prunedRuns(prefix);
  if (run !== undefined) {
    throw new UsageError({
      code: 'run_pruned',
      message: `run \`${run}\` was pruned: of its entries only the hashes are kept`,
      hint: '`runbook audit log --type log.pruned` says by whom, and why',
    });
  }
}

/** The request a person means: a unique prefix of its id or its words, or null for the only open one. */
export async function findRequest(engine: Engine, prefix: string | null): Promise<RequestRow> {
  const rows =
    prefix === null
      ? await engine.store.listRequests({ open: true, limit: 10 })
      : await engine.store.findRequests(prefix);
  if (rows.length > 1) {
    // The same command asked for again has the same words: the open one is meant.
    const open = await engine.store.listRequests({ open: true, limit: 1000 });
    const stillOpen = rows.filter(({ request }) => open.some((row) => row.request === request));
    return one(stillOpen.length === 1 ? stillOpen : rows, 'request', prefix ?? 'the only open one');
  }
  return one(rows, 'request', prefix ?? 'the only open one');
}

function one<Row>(rows: readonly Row[], what: 'run' | 'request', name: string): Row {
  const [row, ...others] = rows;
  if (row === undefined) {
    throw new UsageError({
      code: `${what}_unknown`,
      message: name.startsWith('the ')
        ? `there is no ${what === 'run' ? 'run yet' : 'open request'}`
        : `no ${what} \`${name}\``,
      hint: `\`runbook ${what}s\` lists them`,
    });
  }
  if (others.length > 0) {
    throw new UsageError({
      code: `${what}_ambiguous`,
      message: name.startsWith('the ')
        ? `there are ${rows.length} open requests`
        : `\`${name}\` could be any of ${rows.length} ${what}s`,
      hint: `\`runbook ${what}s\` lists them: name one by more of its id`,
    });
  }
  return row;
}
