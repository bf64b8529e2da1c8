import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { accountIdentity } from '../../approval/people/initiator.ts';
import { sha256Bytes } from '../../base/digest.ts';
import { writeFileDurably } from '../../base/files.ts';
import type { Answer, Front } from '../channel.ts';
import type { Box } from './box.ts';
import { type Dropped, isDropName, limits, parseDropped } from './forms.ts';
import { readForeign } from './read-foreign.ts';

/** What it takes to say whose file it is. */
export interface Accounts {
  /** Login name of an account of this host; null where it has none. */
  readonly nameOf: (uid: number) => string | null;
  readonly host: string;
}

/** At one look: whoever floods the box keeps it busy, but not for ever. */
const atOnce = 200;

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
  for (const name of namesIn(box)) {
    if (signal.aborted) {
      break;
    }
    const answer = join(box.answers, name);
    // Answered before, and not cleared away: it is not heard twice.
    if (lstatSync(answer, { throwIfNoEntry: false }) === undefined) {
      const given = await hear(front, { path: join(box.decisions, name), name, accounts });
      if (given?.later === true) {
        continue;
      }
      if (given !== null) {
        writeFileDurably(answer, JSON.stringify(given), 0o640);
      }
      taken += 1;
    }
    clearAway(join(box.decisions, name));
  }
  return taken;
}

/** In the order in which they were left: an approval and its revocation must not change places. */
function namesIn({ decisions }: Box): readonly string[] {
  return readdirSync(decisions)
    .filter(isDropName)
    .map((name) => {
      const stats = lstatSync(join(decisions, name), { throwIfNoEntry: false });
      return { name, leftMs: stats?.mtimeMs ?? 0 };
    })
    .sort((a, b) => a.leftMs - b.leftMs)
    .slice(0, atOnce)
    .map(({ name }) => name);
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

/** Whatever stands there: the folder is ours, so that the name can go. A full folder stays, unheard. */
function clearAway(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    try {
      rmdirSync(path);
    } catch {
      // Somebody put a folder there and filled it: it is answered, and never looked at again.
    }
  }
}
