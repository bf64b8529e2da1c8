import type { Moment } from '../../base/clock.ts';
import { ConflictError, InternalError } from '../../base/errors.ts';
import type { RunId, Sha256 } from '../../base/ids.ts';
import type { CommitInput, Committed, Head } from '../store.ts';
import { append } from './append.ts';
import { assertSigned } from './assert-signed.ts';
import type { Connection } from './connection.ts';
import { isOwed } from './debts.ts';
import {
  countRunEntries,
  selectCommand,
  selectCommitEnd,
  selectConfig,
  selectNewestIdentity,
} from './entries.ts';
import { isFull } from './faults.ts';
import { loadHead, loadHeadAt } from './heads.ts';
import { type Journal, write } from './journal.ts';
import { openSigner, requireKeys } from './keys.ts';
import { latestTimeSince } from './latest-times.ts';
import { insertOpening } from './openings.ts';
import { giveReserve, makeReserve } from './reserve.ts';
import { mayReuse } from './reusable.ts';
import { selectNewestToken, selectToken } from './tokens.ts';
import { loadTree, selectNode } from './tree.ts';

/**
 * Commits events as `Store.commit` promises. A full disk refuses what opens something new while the
 * reserve still stands; what closes may use the reserve up, and nothing new begins until it is there again.
 */
export function commit(journal: Journal, input: CommitInput): Committed {
  const committed = commitOrGive(journal, input);
  if (input.events.some(({ type }) => type === 'key.rotated')) {
    // Durable now, so the new key may take the old one's place; after a crash here, whoever signs next does it.
    openSigner(journal, requireKeys(journal));
  }
  return committed;
}

function commitOrGive(journal: Journal, input: CommitInput): Committed {
  try {
    return write(journal, () => commitOnce(journal, input));
  } catch (error) {
    if (input.closing !== true || !isFull(error) || !giveReserve(journal.reserve)) {
      throw error;
    }
    return write(journal, () => commitOnce(journal, input));
  }
}

function commitOnce(journal: Journal, input: CommitInput): Committed {
  const earlier = findCommitted(journal, input);
  if (earlier !== null) {
    return earlier;
  }
  if (input.closing !== true) {
    makeReserve(journal.reserve);
  }
  const head = loadHead(journal);
  const moment = journal.clock.now();
  assertVersion(journal, input);
  assertGuards(journal, input, { head, moment });
  assertSigned(journal, head);
  const { run, commandId, events } = input;
  const appended = append(journal, loadTree(journal.db), { run, commandId, events, moment });
  input.openings?.forEach((opening) => insertOpening(journal.db, opening));
  const version = run === null ? 0 : countRunEntries(journal.db, run);
  return { first: head.size, ...appended, version, duplicate: false };
}

/** What the command answered when it was first committed; null where this is the first time. */
function findCommitted(journal: Journal, { run, commandId }: CommitInput): Committed | null {
  const { db } = journal;
  const first = selectCommand(db, run, commandId);
  if (first === null) {
    return null;
  }
  const last = selectCommitEnd(db, first);
  const head = last === null ? null : loadHeadAt(journal, last + 1);
  if (last === null || head === null) {
    throw new InternalError({ code: 'unsigned', message: `entry ${first} has no head over it` });
  }
  const hashes = Array.from({ length: last - first + 1 }, (_, at) =>
    leafHashAt(journal, first + at),
  );
  const version = run === null ? 0 : countRunEntries(db, run, last + 1);
  return { first, hashes, version, head, duplicate: true };
}

function leafHashAt({ db }: Journal, seq: number): Sha256 {
  return selectNode(db, 0, seq).toString('hex') as Sha256;
}

function assertVersion({ db }: Journal, { run, expectedVersion, events }: CommitInput): void {
  if (events.length === 0) {
    throw new InternalError({ code: 'commit_empty', message: 'a commit has no events' });
  }
  const version = run === null ? null : countRunEntries(db, run);
  if (expectedVersion !== null && version !== expectedVersion) {
    throw new ConflictError({
      code: 'version_changed',
      message: `run \`${run ?? ''}\` has ${version ?? 0} entries, but ${expectedVersion} were expected`,
    });
  }
}

/** A clock may step back a little when it is corrected; more would let an expired approval live again. */
const steadyWithinMs = 2000;

function assertGuards(
  { db, times }: Journal,
  { run, guards = {} }: CommitInput,
  { head, moment }: { readonly head: Head; readonly moment: Moment },
): void {
  const config = selectConfig(db)?.seq;
  if (guards.config !== undefined && guards.config !== config) {
    throw new ConflictError({
      code: 'config_changed',
      message: `config entry ${config ?? 'none'} is in force, but ${guards.config} was expected`,
    });
  }
  if (guards.identities !== undefined) {
    assertIdentities(db, guards.identities);
  }
  if (guards.beforeMs !== undefined && moment.wallMs >= guards.beforeMs) {
    throw new ConflictError({
      code: 'too_late',
      message: `it is ${moment.wallMs} ms, and this had to be recorded before ${guards.beforeMs} ms`,
    });
  }
  assertTokens(db, guards, moment);
  assertMoved(db, run, guards);
  for (const since of watchedRuns(run, guards)) {
    const latest = latestTimeSince(db, times, { run: since, size: head.size }) ?? head.time;
    assertSteady(latest, moment);
  }
}

/** Somebody's passkey may have been removed since they were judged by it. */
function assertIdentities(db: Connection, expected: number): void {
  const newest = selectNewestIdentity(db);
  if (newest !== expected) {
    throw new ConflictError({
      code: 'config_changed',
      message: `entry ${newest ?? 'none'} says who is who, but ${expected} was expected`,
    });
  }
}

/** Since which runs began the clock must not have gone back. */
function watchedRuns(
  run: RunId | null,
  { steadyClock, steadySince }: NonNullable<CommitInput['guards']>,
): readonly (RunId | null)[] {
  return [
    ...(steadyClock === true ? [run] : []),
    ...(steadySince === undefined ? [] : [steadySince]),
  ];
}

function assertMoved(
  db: Connection,
  run: CommitInput['run'],
  guards: NonNullable<CommitInput['guards']>,
): void {
  const { reuse, noDebt, versionOf } = guards;
  if (reuse !== undefined && !mayReuse(db, reuse.request, reuse.use)) {
    throw new ConflictError({
      code: 'grant_moved',
      message: `use ${reuse.use} of \`${reuse.request}\` is not to be had any more`,
    });
  }
  if (noDebt !== undefined && isOwed(db, noDebt, run)) {
    throw new ConflictError({ code: 'debt_open', message: `a review is owed in \`${noDebt}\`` });
  }
  if (versionOf !== undefined && countRunEntries(db, versionOf.run) !== versionOf.version) {
    throw new ConflictError({
      code: 'version_moved',
      message: `run \`${versionOf.run}\` has moved on since it was looked at`,
    });
  }
}

function assertTokens(
  db: Connection,
  { tokenStands, newestToken }: NonNullable<CommitInput['guards']>,
  moment: Moment,
): void {
  if (tokenStands !== undefined) {
    assertStands(db, tokenStands, moment);
  }
  if (newestToken !== undefined) {
    assertNewestToken(db, newestToken);
  }
}

function assertStands(db: Connection, id: string, { wallMs }: Moment): void {
  const token = selectToken(db, id);
  if (token === null || token.revoked !== null || !(wallMs < Date.parse(token.expires_at))) {
    throw new ConflictError({
      code: 'token_ended',
      message: `token \`${id}\` opens nothing any more`,
    });
  }
}

/** Somebody may have come in since the tokens were looked at. */
function assertNewestToken(db: Connection, expected: number): void {
  const newest = selectNewestToken(db);
  if (newest !== expected) {
    throw new ConflictError({
      code: 'token_issued',
      message: `entry ${newest} issued the newest token, but ${expected} was expected`,
    });
  }
}

/** Not the last entry alone: one that was written after the clock went back would hide it. */
function assertSteady(latest: string, { wallMs }: Moment): void {
  const behindMs = Date.parse(latest) - wallMs;
  if (behindMs > steadyWithinMs) {
    throw new ConflictError({
      code: 'clock_backwards',
      message: `the clock stands ${behindMs} ms behind the journal (${latest})`,
    });
  }
}
