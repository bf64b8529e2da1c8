import { sha256 } from '../base/digest.ts';
import { UsageError } from '../base/errors.ts';
import { newNonce, type RunId } from '../base/ids.ts';
import type { ResumeInput, Service, StartInput } from '../engine/service.ts';
import { foundRunbook, planReport, runbooksAnswer } from '../engine/wire/plans.ts';
import {
  eventsAnswer,
  logsAnswer,
  runAnswer,
  runReport,
  runsAnswer,
  type StartBody,
} from '../engine/wire/runs.ts';
import { type Connection, pathOf } from './connection.ts';
import { followRun } from './follow-run.ts';
import { waitForRun } from './wait-run.ts';

type RemoteRuns = Pick<
  Service,
  | 'runbooks'
  | 'openRunbook'
  | 'plan'
  | 'start'
  | 'drive'
  | 'resume'
  | 'wait'
  | 'cancel'
  | 'resolve'
  | 'done'
  | 'status'
  | 'runs'
  | 'logs'
  | 'events'
>;

/** Runbooks and runs, over the wire. The server drives; `drive` only follows. */
export function remoteRuns(connection: Connection): RemoteRuns {
  const { call } = connection;
  /** How many entries of the runs that were started or resumed here need not be told. */
  const known = new Map<RunId, number>();
  return {
    ...readings(connection),
    async start(input) {
      const run = await startRun(connection, input);
      known.set(run, 1);
      return run;
    },
    async resume(input) {
      const { run, version } = await resumeRun(connection, input);
      known.set(run, version);
      return run;
    },
    drive: (run, options) =>
      followRun(connection, { run, from: known.get(run) ?? null, ending: false }, options),
    wait: (run, timeoutMs, signal) =>
      waitForRun(connection, run ?? 'latest', { timeoutMs, signal }),
    async cancel(name, reason, options) {
      const path = pathOf('runs', name ?? 'latest', 'cancel');
      const report = await call({ method: 'POST', path, body: { reason }, answer: runReport });
      return report.terminal
        ? report
        : followRun(connection, { run: report.run, from: null, ending: true }, options);
    },
    resolve({ run, step, ...body }) {
      const path = pathOf('runs', run, 'steps', step, 'resolve');
      return call({ method: 'POST', path, body, answer: runReport });
    },
    done({ run, step, outcome, note, given }) {
      const path = pathOf('runs', run, 'steps', step, 'done');
      const body = { outcome, note, outputs: given };
      return call({ method: 'POST', path, body, answer: runReport });
    },
  };
}

/** Where the answer is lost on its way, asking again starts nothing twice. */
async function startRun({ call }: Connection, input: StartInput): Promise<RunId> {
  const { run } = await call({
    method: 'POST',
    path: pathOf('runs'),
    body: startBody(input),
    answer: runAnswer,
    idempotencyKey: newNonce(),
  });
  return run;
}

/** With the version it had before: the server may have gone far before anybody listens. */
async function resumeRun(
  { call, callVersioned }: Connection,
  { run: name, given, signed }: ResumeInput,
): Promise<{ readonly run: RunId; readonly version: number }> {
  const path = pathOf('runs', name ?? 'latest');
  const { value, version } = await callVersioned({ path, answer: runReport });
  const { run } = await call({
    method: 'POST',
    path: pathOf('runs', value.run, 'resume'),
    body: { params: given, ...(signed === undefined ? {} : { signed }) },
    answer: runAnswer,
  });
  return { run, version };
}

function readings({
  call,
}: Connection): Pick<
  Service,
  'runbooks' | 'openRunbook' | 'plan' | 'status' | 'runs' | 'logs' | 'events'
> {
  return {
    runbooks: async () => {
      const answer = await call({ path: pathOf('runbooks'), answer: runbooksAnswer });
      return answer.runbooks;
    },
    openRunbook: async (name) =>
      call({ path: pathOf('runbooks', nameOnServer(name)), answer: foundRunbook }),
    plan: (input) =>
      call({
        method: 'POST',
        path: pathOf('plans'),
        body: startBody(input),
        answer: planReport,
        repeatable: true,
      }),
    status: (run) => call({ path: pathOf('runs', run ?? 'latest'), answer: runReport }),
    runs: async (limit) => {
      const query = { limit: Math.min(limit, 200) };
      const answer = await call({ path: pathOf('runs'), query, answer: runsAnswer });
      return answer.runs;
    },
    logs: async (run, step) => {
      const path = pathOf('runs', run ?? 'latest', 'logs');
      const { logs } = await call({ path, query: { step }, answer: logsAnswer });
      return logs.map((piece) => ({ ...piece, bytes: Buffer.from(piece.bytes, 'base64') }));
    },
    events: async (run, from) => {
      const path = pathOf('runs', run, 'events');
      return (await call({ path, query: { from }, answer: eventsAnswer })).events;
    },
  };
}

/** The runbook by its name, with what the caller saw of it: another text under this name is refused (409). */
function startBody({
  source,
  given,
  environment,
  reason,
  ticket,
  breakGlass,
  overrides = [],
  reuse,
  notBefore,
  signed,
}: StartInput): StartBody {
  const runbook = nameOnServer(source.name ?? source.file);
  return {
    runbook,
    source: sha256(source.text),
    params: { ...given },
    environment,
    reason,
    ticket,
    ...(breakGlass === undefined ? {} : { break_glass: breakGlass }),
    ...(overrides.length === 0 ? {} : { overrides: [...overrides] }),
    ...(reuse === undefined ? {} : { grant: reuse }),
    ...(notBefore === undefined ? {} : { not_before: notBefore }),
    ...(signed === undefined ? {} : { signed }),
  };
}

/** A token must not be able to run commands of its own there: the server runs its own files. */
function nameOnServer(nameOrFile: string): string {
  if (/\/|\.ya?ml$/.test(nameOrFile)) {
    throw new UsageError({
      code: 'runbook_not_on_server',
      message: `\`${nameOrFile}\` is a file here, and a server runs only its own runbooks, by name`,
      hint: '`runbook list` shows them; with `--local` it runs on this machine',
    });
  }
  return nameOrFile;
}
