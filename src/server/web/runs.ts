import type { LogPiece } from '../../engine/reports.ts';
import type { Service } from '../../engine/service.ts';
import { outputText } from '../../pages/output-text.ts';
import { layoutRun, type OutputView } from '../../pages/run.ts';
import { runNow } from '../../pages/run-now.ts';
import { layoutRuns } from '../../pages/runs.ts';
import { namedRun } from '../own-runs.ts';
import type { Call } from '../route.ts';
import { streamRun } from '../stream.ts';
import { openTextForm } from './text-form.ts';
import type { Visitor, WebRoute, WebVisit } from './web-route.ts';

/** Stored output on one page, in bytes. */
const maxOutput = 512 * 1024;

const limits = [25, 100, 200] as const;
const [fewest, , most] = limits;

/** Runs, and one run with its output as it comes. */
export const runRoutes: readonly WebRoute[] = [
  {
    method: 'GET',
    path: '/runs',
    access: 'person',
    handle: async (visit, visitor) => showRuns(visit, visitor),
  },
  {
    method: 'GET',
    path: '/runs/:run',
    access: 'person',
    handle: async (visit, visitor) => showRun(visit, visitor),
  },
  {
    method: 'GET',
    path: '/runs/:run/now',
    access: 'person',
    handle: async (visit, visitor) =>
      visit.json(runNow(await visitor.service.status(await namedRun(callOf(visit, visitor))))),
  },
  {
    method: 'GET',
    path: '/runs/:run/stream',
    access: 'person',
    handle: async (visit, visitor) => {
      const call = callOf(visit, visitor);
      const from = Number(/^\d{1,9}$/.exec(visit.context.req.query('from') ?? '')?.[0] ?? 0);
      return streamRun(call, await namedRun(call), { from, form: openTextForm() });
    },
  },
];

async function showRuns(visit: WebVisit, { service, person }: Visitor): Promise<Response> {
  const { req } = visit.context;
  const whose = req.query('whose') === 'mine' ? 'mine' : 'all';
  const limit = limits.find((count) => String(count) === req.query('limit')) ?? fewest;
  const found = whose === 'all' ? await service.runs(limit) : await theirRuns(service, person);
  const runs = found.slice(0, limit);
  const next = limits.find((count) => count > limit) ?? null;
  return visit.page({
    title: 'Runs',
    main: layoutRuns({
      runs,
      whose,
      more: runs.length < limit ? null : next,
      nowMs: visit.web.site.clock.now().wallMs,
    }),
  });
}

/** Of the newest runs those that this person stands behind, in whichever role. */
async function theirRuns(service: Service, person: string) {
  const filter = { run: null, person, type: 'run.started', limit: most };
  const theirs = new Set((await service.auditLog(filter)).map(({ run }) => run));
  return (await service.runs(most)).filter(({ run }) => theirs.has(run));
}

async function showRun(visit: WebVisit, visitor: Visitor): Promise<Response> {
  const { service } = visitor;
  const run = await namedRun(callOf(visit, visitor));
  // Entries first: what is recorded meanwhile is told once more by the stream, and changes nothing.
  const events = await service.events(run, 0);
  const [report, pieces] = await Promise.all([service.status(run), service.logs(run, null)]);
  const [first] = events;
  const { initiator, reason, ticket } =
    first?.event.type === 'run.started'
      ? first.event.data
      : { initiator: { chain: [] }, reason: null, ticket: null };
  return visit.page({
    title: `${report.runbook}: ${report.status}`,
    main: layoutRun({
      report,
      started: first?.time ?? '',
      chain: initiator.chain,
      reason,
      ticket,
      asked: events.flatMap(({ event, time }) =>
        event.type === 'approval.requested'
          ? [{ request: event.data.id, step: event.data.step, time }]
          : [],
      ),
      ...outputOf(pieces),
      version: events.length,
    }),
  });
}

/** The newest output, as far as it fits on a page. */
function outputOf(pieces: readonly LogPiece[]): {
  readonly output: readonly OutputView[];
  readonly hidden: number;
} {
  const output: OutputView[] = [];
  let left = maxOutput;
  let hidden = 0;
  for (const { bytes, erased = null, ...piece } of pieces.toReversed()) {
    const shown = bytes.subarray(Math.max(0, bytes.length - left));
    left -= shown.length;
    hidden += bytes.length - shown.length;
    if (shown.length > 0 || erased !== null) {
      output.unshift({ ...piece, text: outputText(shown.toString()), erased });
    }
  }
  return { output, hidden };
}

/** A session calls like any token. */
function callOf(visit: WebVisit, { bearing }: Visitor): Call {
  const { web, context } = visit;
  return { ...bearing, site: web.site, context, param: (name) => context.req.param(name) ?? '' };
}
