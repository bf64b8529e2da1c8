import type { Service } from '../engine/service.ts';
import type { VerifyInput, VerifyReport } from '../engine/verify.ts';
import {
  doctorAnswer,
  issuedToken,
  meAnswer,
  tokenSummary,
  tokensAnswer,
} from '../engine/wire/about.ts';
import { entriesAnswer, entryAnswer, entryQuery, verifyReport } from '../engine/wire/audit.ts';
import { begunLink, linkedAccount } from '../engine/wire/links.ts';
import { atTheJournal } from './at-the-journal.ts';
import { type Connection, pathOf } from './connection.ts';
import { remoteBreakGlass } from './remote-break-glass.ts';
import { remoteGrants } from './remote-grants.ts';
import { remoteRequests } from './remote-requests.ts';
import { remoteRuns } from './remote-runs.ts';

/**
 * The service of another process, over HTTP: the same promises, the same errors. What belongs to the
 * machine where the journal lies throws UsageError `not_on_server`.
 */
export function remoteService(connection: Connection): Service {
  const { call } = connection;
  return {
    me: () => call({ path: pathOf('me'), answer: meAnswer }),
    ...remoteRuns(connection),
    ...remoteRequests(connection),
    ...remoteBreakGlass(connection),
    ...remoteGrants(connection),
    auditLog: async (filter) => {
      const path = pathOf('audit', 'entries');
      return (await call({ path, query: entryQuery(filter), answer: entriesAnswer })).entries;
    },
    auditShow: (index) => call({ path: pathOf('audit', 'entries', index), answer: entryAnswer }),
    verify: (input) => verifyThere(connection, input),
    doctor: async () => (await call({ path: pathOf('doctor'), answer: doctorAnswer })).findings,
    issueToken: ({ expiresInMs, ...body }) =>
      call({
        method: 'POST',
        path: pathOf('tokens'),
        body: { ...body, expires_in_ms: expiresInMs },
        answer: issuedToken,
      }),
    tokens: async () => (await call({ path: pathOf('tokens'), answer: tokensAnswer })).tokens,
    revokeToken: (token) =>
      call({ method: 'DELETE', path: pathOf('tokens', token), answer: tokenSummary }),
    ...atTheJournal,
    beginLink: (channel) =>
      call({ method: 'POST', path: pathOf('links'), body: { channel }, answer: begunLink }),
    finishLink: (channel, code) =>
      call({
        method: 'POST',
        path: pathOf('links', 'answer'),
        body: { channel, code },
        answer: linkedAccount,
      }),
    close: () => Promise.resolve(),
  };
}

function verifyThere({ call }: Connection, input: VerifyInput): Promise<VerifyReport> {
  const { receipts, pins, witnesses, authorities, checkpoints, online } = input;
  return call({
    method: 'POST',
    path: pathOf('audit', 'verify'),
    body: { receipts, pins, witnesses, authorities, checkpoints, online },
    answer: verifyReport,
    repeatable: true,
    timeoutMs: verifyTimeoutMs,
  });
}

/** A journal of a million entries is verified in less. */
const verifyTimeoutMs = 280_000;
