import { parseStart } from '../approval/statement/start-statement.ts';
import { sha256 } from '../base/digest.ts';
import { UsageError } from '../base/errors.ts';
import type { FoundRunbook } from '../engine/reports.ts';
import type { Service, StartInput } from '../engine/service.ts';
import { foundRunbook, planReport, runbooksAnswer } from '../engine/wire/plans.ts';
import { type StartBody, startBody } from '../engine/wire/runs.ts';
import { jsonRoute, type Route } from './route.ts';

export const runbookRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/runbooks',
    access: ['start', 'read'],
    summary: 'List the runbooks that this server runs',
    answer: runbooksAnswer,
    handle: async ({ service }) => ({ runbooks: await service.runbooks() }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/runbooks/{name}',
    access: ['start', 'read'],
    summary: 'A runbook as it is written',
    answer: foundRunbook,
    handle: async ({ service, param }) => ({
      ...(await openNamed(service, param('name'))),
      // Where it lies on the server is of no use elsewhere.
      dir: '',
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/plans',
    access: ['start'],
    summary: 'What would run and what each step would need; nothing is recorded',
    body: startBody,
    answer: planReport,
    handle: async ({ service }, { body }) => service.plan(await startInput(service, body)),
  }),
];

/** What is started or planned. Throws UsageError `runbook_unknown`, `runbook_ambiguous`, `runbook_changed`. */
export async function startInput(service: Service, body: StartBody): Promise<StartInput> {
  const source = await openNamed(service, body.runbook);
  if (body.source !== null && body.source !== sha256(source.text)) {
    throw new UsageError({
      code: 'runbook_changed',
      message: `\`${body.runbook}\` on the server is not the file that was looked at`,
      hint: 'look at it again: `runbook show`',
    });
  }
  const { params: given, environment, reason, ticket, overrides } = body;
  const { break_glass: breakGlass, grant: reuse, not_before: notBefore, signed } = body;
  return {
    source,
    given,
    environment,
    reason,
    ticket,
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(overrides === undefined ? {} : { overrides }),
    ...(reuse === undefined ? {} : { reuse }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(signed === undefined ? {} : { signed, run: parseStart(signed.statement).run }),
  };
}

/**
 * By name alone. A service takes a path, too: from outside that would read any file of the server, and
 * run commands of the caller's own.
 */
async function openNamed(service: Service, name: string): Promise<FoundRunbook> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new UsageError({
      code: 'runbook_unknown',
      message: 'that is not the name of a runbook',
      hint: '`runbook list` lists them; the server runs its own files, by their names',
    });
  }
  return service.openRunbook(name);
}
