import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { accountIdentity } from '../../approval/people/initiator.ts';
import { sha256Bytes } from '../../base/digest.ts';
import { writeFileDurably } from '../../base/files.ts';
import type { Answer, Front } from '../channel.ts';
import type { Box } from './box.ts';
import { clearAway } from './clear-away.ts';
import { type Dropped, isDropName, limits, parseDropped } from './forms.ts';
import { readForeign } from './read-foreign.ts';

/** What it takes to say whose file it is. */
export interface Accounts {
  /** Login name of an account of this host; null where it has none. */
  readonly nameOf: (uid: number) => string | null;
  readonly host: string;
}

/** At one look: a full box keeps the executor busy, but not from everything else. */
const atOnce = 200;

/** True where somebody left a decision that nobody has answered; false where that cannot be seen. */
export function hasDrops(box: Box): boolean {
  try {
    return dropsIn(box).length > 0;
  } catch {
    return false;
  }
}

/**
 * Hands in what was dropped into the box, answers, and clears it away; answers how much there was. In this
 * order, so that a crash in between hands in the same again: it is recorded once, by its event.
 */
export async function takeIn(
  front: Front,
  box: Box,
  { accounts, signal }: { readonly accounts: Accounts; readonly signal: AbortSignal },
): Promise<number> {
  let taken = 0;
  for (const name of inTurns(box, dropsIn(box)).slice(0, atOnce)) {
    if (signal.aborted) {
      break;
    }
    const path = join(box.decisions, name);
    const given = await hear(front, { path, name, accounts });
    if (given?.later === true) {
      continue;
    }
    if (given !== null) {
      writeFileDurably(join(box.answers, name), JSON.stringify(given), 0o640);
    }
    taken += 1;
    clearAway(path);
  }
  return taken;
}

/** What was answered before, and not cleared away, is not heard twice, and takes nobody's turn. */
function dropsIn({ decisions, answers }: Box): readonly string[] {
  const answered = new Set(readdirSync(answers));
  const drops = readdirSync(decisions).filter(isDropName);
  drops.filter((name) => answered.has(name)).forEach((name) => clearAway(join(decisions, name)));
  return drops.filter((name) => !answered.has(name));
}

/**
 * One of each account, then the next of each, so that nobody is kept waiting by how much another leaves.
 * Among those of one account in the order in which they were left: an approval and its revocation must not
 * change places. Times are compared nowhere else, since everybody sets those of their own files.
 */
function inTurns({ decisions }: Box, drops: readonly string[]): readonly string[] {
  const left = drops.flatMap((name) => {
    const stats = lstatSync(join(decisions, name), { throwIfNoEntry: false });
    return stats === undefined ? [] : [{ name, by: whoLeft(stats), leftMs: stats.mtimeMs }];
  });
  left.sort((a, b) => a.leftMs - b.leftMs);
  const turns = new Map<number, number>();
  const inTurn = left.map(({ name, by }) => {
    const turn = turns.get(by) ?? 0;
    turns.set(by, turn + 1);
    return { name, by, turn };
  });
  return inTurn.sort((a, b) => a.turn - b.turn || a.by - b.by).map(({ name }) => name);
}

/** What cannot be a decision may be a second name of somebody's file: it waits in a line of its own. */
function whoLeft(stats: Stats): number {
  return stats.isFile() && stats.nlink === 1 ? stats.uid : Number.MAX_SAFE_INTEGER;
}

interface Drop {
  readonly path: string;
  readonly name: string;
  readonly accounts: Accounts;
}

/** Null where it is gone: whoever dropped it took it back. */
async function hear(front: Front, { path, name, accounts }: Drop): Promise<Answer | null> {
  const found = readForeign(path, limits.decision);
  if (found.kind === 'gone') {
    return null;
  }
  if (found.kind === 'unfit') {
    return no('spool_file_unfit', `the file ${found.why}`);
  }
  const dropped = parseDropped(found.bytes);
  if (dropped === null) {
    return no('spool_file_unfit', 'the file is no decision');
  }
  // Whoever carries a signature does not matter: the key's person counts.
  return 'signed' in dropped
    ? front.submit(dropped.signed)
    : attest(front, dropped, { ...found, name, accounts });
}

/** Whose file it is, is who decided, and only this host says so. */
async function attest(
  front: Front,
  { request, decision, reason }: Exclude<Dropped, { readonly signed: unknown }>,
  of: {
    readonly uid: number;
    readonly bytes: Buffer;
    readonly name: string;
    readonly accounts: Accounts;
  },
): Promise<Answer> {
  const { uid, bytes, name, accounts } = of;
  // Root owns what it likes, and we make files of our own.
  const user = uid === 0 || uid === process.geteuid?.() ? null : accounts.nameOf(uid);
  if (user === null) {
    return no(
      'account_unfit',
      `a file that belongs to uid ${uid} decides nothing`,
      'decide from your own account, or sign with `--key FILE`',
    );
  }
  return front.attest({
    request,
    decision,
    reason,
    identity: accountIdentity(`${user}@${accounts.host}`),
    matchedBy: null,
    event: `spool.${uid}.${sha256Bytes(Buffer.from(name), bytes).toString('hex')}`,
    raw: bytes,
  });
}

function no(code: string, message: string, hint: string | null = null): Answer {
  return { accepted: false, code, message, hint };
}
