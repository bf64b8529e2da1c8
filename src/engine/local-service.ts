import type { RunId } from '../base/ids.ts';
import { newestKey } from '../journal/key-history.ts';
import { formatVerifierKey } from '../journal/verifier-key.ts';
import { recordedOf } from '../run/recorded.ts';
import { exportOwed } from './break-glass/export-owed.ts';
import { listDebts } from './break-glass/list-debts.ts';
import { reviewBreakGlass } from './break-glass/review-break-glass.ts';
import { cancelRun } from './cancel-run.ts';
import { decideAsMyself } from './decision/decide-as-myself.ts';
import { decideByLogin } from './decision/decide-by-login.ts';
import { exportRequest, exportStarted } from './decision/export-request.ts';
import { prepareDecision } from './decision/prepare-decision.ts';
import { recordDecision } from './decision/record-decision.ts';
import { waysToDecide } from './decision/ways-to-decide.ts';
import { driveRun } from './drive-run.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';
import { exportHead } from './export-head.ts';
import { findRun } from './find.ts';
import { finishManual } from './finish-manual.ts';
import { listGrants } from './grant/list-grants.ts';
import { revokeGrant } from './grant/revoke-grant.ts';
import { abandonChange } from './key/abandon-change.ts';
import { describeKeys } from './key/describe-keys.ts';
import { prepareChange } from './key/prepare-change.ts';
import { recordChange } from './key/record-change.ts';
import { beginLink, finishLink } from './link-account.ts';
import { invitePasskey } from './login/invite-passkey.ts';
import { listPasskeys } from './login/list-passkeys.ts';
import { removePasskey } from './login/remove-passkey.ts';
import { takeInLeft, waitTakingIn } from './office/take-in-left.ts';
import { planRun } from './plan-run.ts';
import { verifyJournal } from './proof/verify-journal.ts';
import { syncSinks } from './replicate/sync-sinks.ts';
import { auditLog, auditShow } from './report/audit-log.ts';
import { reportControls } from './report/control-report.ts';
import { describeRequest } from './report/describe-request.ts';
import { listRequests, listRuns } from './report/list-runs.ts';
import { readLogs } from './report/read-logs.ts';
import { reportRun } from './report/report-run.ts';
import { whoAmI } from './report/who-am-i.ts';
import { resolveStep } from './resolve-step.ts';
import { resumeRun } from './resume-run.ts';
import { eraseContent } from './retain/erase-content.ts';
import { pruneLog } from './retain/prune-log.ts';
import type { DriveOptions, Service } from './service.ts';
import { startRun } from './start-run.ts';
import { issueToken, listTokens, revokeToken } from './token/tokens.ts';
import { waitRun } from './wait-run.ts';

/** What the engine cannot know: the runbooks' folders, and what its brands need to be in place. */
export type Elsewhere = Pick<Service, 'doctor' | 'runbooks' | 'openRunbook'>;

/** The service in this very process. Secrets of runs it started or resumed stay in its memory alone. */
export function localService(engine: Engine, from: Elsewhere): Service {
  return {
    ...from,
    ...running(engine),
    ...approving(engine),
    ...auditing(engine),
    me: () => whoAmI(engine),
    issueToken: (input) => issueToken(engine, input),
    tokens: () => listTokens(engine),
    revokeToken: (token) => revokeToken(engine, token),
    initialise: () => initialise(engine),
    keys: () => describeKeys(engine),
    prepareKeyChange: (change) => prepareChange(engine, change),
    abandonKeyChange: (prepared) => abandonChange(engine, prepared),
    recordKeyChange: (signed) => recordChange(engine, signed),
    beginLink: (channel) => beginLink(engine, channel),
    finishLink: (channel, answer) => finishLink(engine, channel, answer),
    close: () => engine.store.close(),
  };
}

type Running =
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
  | 'events';

function running(engine: Engine): Pick<Service, Running> {
  const secretsOf = new Map<RunId, Map<string, string>>();
  const drive = async (
    run: RunId,
    options: DriveOptions,
  ): Promise<Awaited<ReturnType<Service['drive']>>> => {
    const secrets = secretsOf.get(run) ?? new Map<string, string>();
    await driveRun(engine, { run, secrets }, options);
    return reportRun(engine, run);
  };
  return {
    plan: (input) => Promise.resolve(planRun(engine, input)),
    start: async (input) => {
      const { run, secrets } = await startRun(engine, input);
      secretsOf.set(run, new Map(secrets));
      return run;
    },
    drive,
    resume: async (input) => {
      const { run, secrets } = await resumeRun(engine, input);
      secretsOf.set(run, new Map(secrets));
      return run;
    },
    wait: async (run, timeoutMs, signal) =>
      waitTakingIn(engine, await findRun(engine, run), { timeoutMs, signal }),
    cancel: async (name, reason, options) => {
      const { run, held } = await cancelRun(engine, name, reason);
      return held
        ? waitRun(engine, run, { timeoutMs: 60_000, signal: options.signal })
        : drive(run, options);
    },
    resolve: async (input) => reportRun(engine, await resolveStep(engine, input)),
    done: async (input) => reportRun(engine, await finishManual(engine, input)),
    status: async (name) => {
      await takeInLeft(engine);
      return reportRun(engine, await findRun(engine, name));
    },
    runs: (limit, caller) => listRuns(engine, caller === undefined ? { limit } : { limit, caller }),
    logs: (run, step) => readLogs(engine, run, step),
    events: async (run, from) => (await engine.store.loadRun(run, from)).map(recordedOf),
  };
}

type Approving =
  | 'requests'
  | 'review'
  | 'reviewStarted'
  | 'reviewHead'
  | 'describeRequest'
  | 'decide'
  | 'decideAsMyself'
  | 'waysToDecide'
  | 'prepareDecision'
  | 'decideByLogin'
  | 'passkeys'
  | 'invitePasskey'
  | 'removePasskey'
  | 'grants'
  | 'revokeGrant'
  | 'breakGlass'
  | 'reviewOwed'
  | 'reviewBreakGlass';

function approving(engine: Engine): Pick<Service, Approving> {
  return {
    requests: async (open, page) => {
      await takeInLeft(engine);
      return listRequests(engine, open, page);
    },
    review: (request, seenSize) => exportRequest(engine, request, seenSize),
    reviewStarted: (run, step, seenSize) => exportStarted(engine, { run, step }, seenSize),
    reviewHead: (person, seenSize) => exportHead(engine, person, seenSize),
    describeRequest: (request) => describeRequest(engine, request),
    decide: (signed, channel) => recordDecision(engine, signed, channel),
    decideAsMyself: (input) => decideAsMyself(engine, input),
    waysToDecide: (request) => waysToDecide(engine, request),
    prepareDecision: (input) => prepareDecision(engine, input),
    decideByLogin: (said, channel) => decideByLogin(engine, said, channel),
    passkeys: (person) => listPasskeys(engine, person),
    invitePasskey: (person, expiresInMs) => invitePasskey(engine, person, expiresInMs),
    removePasskey: (passkey, reason) => removePasskey(engine, passkey, reason),
    grants: (all) => listGrants(engine, all),
    revokeGrant: (request, reason) => revokeGrant(engine, request, reason),
    breakGlass: (all) => listDebts(engine, all),
    reviewOwed: (request, seenSize) => exportOwed(engine, request, seenSize),
    reviewBreakGlass: (signed) => reviewBreakGlass(engine, signed),
  };
}

type Auditing =
  | 'auditLog'
  | 'auditShow'
  | 'verify'
  | 'exportEvidence'
  | 'syncSinks'
  | 'rebuild'
  | 'reportControls'
  | 'erase'
  | 'prune';

function auditing(engine: Engine): Pick<Service, Auditing> {
  return {
    auditLog: (filter) => auditLog(engine, filter),
    auditShow: (index) => auditShow(engine, index),
    verify: (input) => verifyJournal(engine, input),
    exportEvidence: async (input) => {
      const { exportEvidence } = await import('./evidence/export-evidence.ts');
      return exportEvidence(engine, input);
    },
    syncSinks: (input) => syncSinks(engine, input),
    rebuild: async (progress) => {
      await engine.store.rebuild(progress);
      await engine.store.sweep();
    },
    reportControls: (input) => reportControls(engine, input),
    erase: (input) => eraseContent(engine, input),
    prune: (input) => pruneLog(engine, input),
  };
}

async function initialise(engine: Engine): ReturnType<Service['initialise']> {
  const known = await engine.store.latestConfig();
  await ensureConfig(engine);
  const { name, publicKey } = newestKey(await engine.store.keys());
  return {
    origin: engine.store.origin,
    verifierKey: formatVerifierKey(name, publicKey),
    created: known === null,
  };
}
