import * as v from 'valibot';
import { RunbookError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import { secretParams } from '../engine/secret-params.ts';
import type { DriveOptions, StartInput } from '../engine/service.ts';
import {
  cancelBody,
  doneBody,
  eventsAnswer,
  logsAnswer,
  resumeBody,
  runAnswer,
  runReport,
  runsAnswer,
  startBody,
} from '../engine/wire/runs.ts';
import { awaitChange } from './await-change.ts';
import { isOwn, namedRun, seenRuns } from './own-runs.ts';
import { maybeNumber, wholeNumber, word } from './query.ts';
import { type Call, jsonRoute, otherRoute, type Route } from './route.ts';
import { startInput } from './runbooks.ts';
import { streamRun } from './stream.ts';

/** Longer than this no proxy lets a call wait. */
const maxWaitS = 50;

const seeing = ['read', 'start:own'] as const;
const moving = ['start:own', 'admin'] as const;

export const runRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/runs',
    access: ['start'],
    summary: 'Start a run; the server drives it. `Idempotency-Key` makes asking twice one run',
    body: startBody,
    status: 201,
    answer: runAnswer,
    handle: async (call, { body }) => {
      const { service, site, caller } = call;
      const input = await startInput(service, body);
      const key = call.context.req.header('idempotency-key');
      if (input.run !== undefined) {
        return { run: await startNamed(call, { ...input, run: input.run }) };
      }
      const run =
        key === undefined
          ? await service.start(input)
          : await site.starts.once({
              token: caller.token,
              key,
              body,
              isSecret: secretParams(input.source),
              exists: (run) => isThere(call, run),
              start: (run) => service.start({ ...input, run }),
            });
      return { run };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/runs',
    access: seeing,
    summary: 'List runs, the newest first',
    query: v.strictObject({ limit: wholeNumber(50, 200) }),
    answer: runsAnswer,
    handle: async (call, { query }) => ({ runs: await seenRuns(call, query.limit) }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/runs/{run}',
    access: seeing,
    summary:
      'Where a run stands. With `wait` (seconds): once it has more than `version` entries, ended, or needs somebody',
    query: v.strictObject({ wait: wholeNumber(0, maxWaitS), version: maybeNumber() }),
    answer: runReport,
    handle: async (call, { query }) => {
      const { report, version } = await awaitChange(call, await namedRun(call), {
        waitMs: query.wait * 1000,
        version: query.version ?? Number.POSITIVE_INFINITY,
      });
      call.context.header('Runbook-Version', String(version));
      return report;
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/runs/{run}/events',
    access: seeing,
    summary: 'Entries of a run after the first `from`',
    query: v.strictObject({ from: wholeNumber(0, 999_999_999) }),
    answer: eventsAnswer,
    handle: async (call, { query }) => ({
      events: await call.service.events(await namedRun(call), query.from),
    }),
  }),
  otherRoute({
    method: 'GET',
    path: '/v1/runs/{run}/stream',
    access: seeing,
    summary: 'Entries and live output of a run as they come (server-sent events)',
    query: v.strictObject({ from: wholeNumber(0, 999_999_999) }),
    mediaType: 'text/event-stream',
    handle: async (call, { query }) => streamRun(call, await namedRun(call), query),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/runs/{run}/logs',
    access: seeing,
    summary: 'Stored output of the steps, masked',
    query: v.strictObject({ step: word }),
    answer: logsAnswer,
    handle: async (call, { query }) => {
      const pieces = await call.service.logs(await namedRun(call), query.step ?? null);
      return {
        logs: pieces.map(({ bytes, ...piece }) => ({ ...piece, bytes: bytes.toString('base64') })),
      };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/runs/{run}/resume',
    access: moving,
    summary: 'Go on with a run that stopped',
    body: resumeBody,
    answer: runAnswer,
    handle: async (call, { body: { params, ...signed } }) => ({
      run: await call.service.resume({ run: await namedRun(call), given: params, ...signed }),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/runs/{run}/cancel',
    access: moving,
    summary: 'Stop a run for good',
    body: cancelBody,
    answer: runReport,
    handle: async (call, { body }) =>
      call.service.cancel(await namedRun(call), body.reason, untilStopped(call)),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/runs/{run}/steps/{step}/done',
    access: ['start'],
    summary: 'Say, as a person, how a manual step went',
    body: doneBody,
    answer: runReport,
    handle: async (call, { body: { outputs, ...said } }) =>
      call.service.done({
        run: await namedRun(call),
        step: call.param('step'),
        given: outputs,
        ...said,
      }),
  }),
];

/** A signed start chose the run's id itself: asked for twice by the same token, it is one run. */
async function startNamed(call: Call, input: StartInput & { readonly run: RunId }): Promise<RunId> {
  const { run } = input;
  return (await isOwn(call, run)) ? run : call.service.start(input);
}

async function isThere({ service }: Call, run: RunId): Promise<boolean> {
  try {
    return (await service.events(run, 0)).length > 0;
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'run_unknown') {
      return false;
    }
    throw error;
  }
}

/** Whoever cancels may hang up: what ends the run then still runs to its end. */
function untilStopped({ site: { stopping } }: Call): DriveOptions {
  const nothing = (): void => undefined;
  return {
    wait: 'stop',
    signal: stopping,
    hurry: new AbortController().signal,
    listener: { recorded: nothing, output: nothing, waiting: nothing, delayed: nothing },
  };
}
