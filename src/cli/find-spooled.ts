import type { RequestContent } from '../approval/request.ts';
import { formatTime } from '../base/clock.ts';
import { digestWords } from '../base/digest.ts';
import { IntegrityError, RunbookError, UsageError } from '../base/errors.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RequestSummary } from '../engine/reports.ts';
import type { Approver, Cli, Spool } from './cli.ts';

/** A request that another account of this host executes, proven. */
export interface Spooled {
  readonly spool: Spool;
  readonly left: ReturnType<Spool['list']>['requests'][number];
  readonly approver: Approver;
  readonly proven: ReturnType<Approver['open']>;
  readonly content: RequestContent;
  readonly words: string;
  readonly summary: Listed;
}

/** `executor`: the other account of this host that executes it; absent in our own journal. */
export type Listed = RequestSummary & {
  readonly executor?: string;
  /** A decision of ours lies there, until its executor takes it in. */
  readonly decision_left?: true;
};

/**
 * What other accounts of this host ask for, oldest first: each proven, and still in time. What cannot be
 * proven is warned about and left out. Nothing where there is no spool, or a server is asked instead.
 */
export async function listSpooled(cli: Cli): Promise<readonly Spooled[]> {
  const spool = await openSpool(cli);
  const listed = spool === null ? null : listOf(cli, spool);
  if (spool === null || listed === null) {
    return [];
  }
  listed.troubles.forEach((trouble) => cli.warn(sanitizeLine(trouble)));
  if (listed.requests.length === 0) {
    return [];
  }
  const approver = await cli.openApprover();
  const proven = listed.requests.flatMap((left) => prove(cli, { spool, left, approver }) ?? []);
  proven.forEach((each) => tellRefused(cli, each));
  const nowMs = cli.io.clock.now().wallMs;
  return proven
    .filter(({ summary }) => Date.parse(summary.expires_at) > nowMs)
    .sort((a, b) => a.summary.created.localeCompare(b.summary.created));
}

/**
 * The request of another account that is meant: by a prefix of its id or its words, or as the only open
 * one; null where our own journal has it, or where there is nothing to look in but that. No journal is
 * made by looking. Throws UsageError `request_unknown`, `request_ambiguous`.
 */
export async function findSpooled(cli: Cli, request: string | null): Promise<Spooled | null> {
  if ((await openSpool(cli)) === null) {
    return null;
  }
  const hasOwn = await cli.hasJournal();
  if (hasOwn && request !== null && (await isOwn(cli, request))) {
    return null;
  }
  const found = (await listSpooled(cli)).filter(({ left, words }) =>
    [left.id, words].some((name) => name.startsWith(request ?? '')),
  );
  const own = hasOwn && request === null ? await countOwn(cli) : 0;
  const [only = null] = found;
  if (only !== null && own + found.length > 1) {
    throw ambiguous(request, own + found.length);
  }
  if (only === null && !hasOwn) {
    throw unknown(request);
  }
  return only;
}

function ambiguous(request: string | null, count: number): UsageError {
  return new UsageError({
    code: 'request_ambiguous',
    message:
      request === null
        ? `there are ${count} open requests`
        : `\`${request}\` could be any of ${count} requests`,
    hint: '`runbook requests` lists them: name one by more of its id',
  });
}

function unknown(request: string | null): UsageError {
  return new UsageError({
    code: 'request_unknown',
    message: request === null ? 'there is no open request' : `no request \`${request}\``,
    hint: '`runbook requests` lists them',
  });
}

/** With a server, commands go there alone. */
async function openSpool(cli: Cli): Promise<Spool | null> {
  return (await cli.server()) === null ? cli.openSpool() : null;
}

/** Whoever is not let in sees no requests, and is told why; everything else works as without a spool. */
function listOf(cli: Cli, spool: Spool): ReturnType<Spool['list']> | null {
  try {
    return spool.list();
  } catch (error) {
    if (error instanceof RunbookError) {
      cli.warn(error.hint === undefined ? error.message : `${error.message}: ${error.hint}`);
      return null;
    }
    throw error;
  }
}

function prove(cli: Cli, of: Pick<Spooled, 'spool' | 'left' | 'approver'>): Spooled | null {
  const { left, approver } = of;
  try {
    const proven = approver.open(left.file);
    const { content, leafHash } = proven;
    if (content === null || content.id !== left.id || content.target.uid !== left.executor.uid) {
      throw new IntegrityError({
        code: 'request_misplaced',
        message: 'the file holds another request than its place says, or one of another account',
      });
    }
    const words = digestWords(leafHash);
    return { ...of, proven, content, words, summary: summarize(left, content, words) };
  } catch (error) {
    const why =
      error instanceof RunbookError
        ? `${error.message} (${error.code})`
        : // A journal that somebody made by hand may prove what has no shape: it must not hide the others.
          `it cannot be read: ${String(error)}`;
    cli.warn(sanitizeLine(`request ${left.id} of ${left.executor.account} is left out: ${why}`));
    return null;
  }
}

/**
 * State and what is missing are the executor's word; the rest is proven, which makes it no more harmless:
 * it may be anybody's journal.
 */
function summarize(left: Spooled['left'], content: RequestContent, words: string): Listed {
  const { runbook, target, limits, run, step } = content;
  return {
    request: left.id,
    words,
    run,
    runbook: sanitizeLine(runbook.name),
    step: sanitizeLine(step),
    environment: sanitizeLine(target.environment),
    state: left.state,
    created: formatTime(Date.parse(limits.created)),
    expires_at: formatTime(Date.parse(limits.pending_until)),
    missing: left.missing,
    executor: left.executor.account,
    ...(left.own.includes(null) ? { decision_left: true } : {}),
  };
}

/** Its executor judged it when we were gone. */
function tellRefused(cli: Cli, { left, words }: Spooled): void {
  for (const answer of left.own) {
    if (answer?.accepted === false) {
      const { message, code } = answer;
      cli.warn(`what you left about ${words} does not count: ${message} (${code})`);
    }
  }
}

async function isOwn(cli: Cli, request: string): Promise<boolean> {
  try {
    await (await cli.openService()).describeRequest(request);
    return true;
  } catch (error) {
    if (error instanceof UsageError && error.code === 'request_unknown') {
      return false;
    }
    throw error;
  }
}

async function countOwn(cli: Cli): Promise<number> {
  return (await (await cli.openService()).requests(true)).length;
}
