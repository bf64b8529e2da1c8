import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../base/errors.ts';
import { accountName, groupName } from './account-name.ts';

/**
 * One executor's part of the spool, `UID.LOGID/`: an account may have several journals. Only its owner
 * writes `requests/` and `answers/`; everybody of the group may create in `decisions/`, where sticky keeps
 * them from touching what others put there, and only the owner sees what names there are.
 */
export interface Box {
  readonly uid: number;
  readonly path: string;
  readonly requests: string;
  readonly decisions: string;
  readonly answers: string;
}

/** Of the spool itself, as root makes it: the group is handed down, nobody removes another's box. */
export const rootMode = 0o3770;
const boxMode = 0o2750;
const decisionsMode = 0o3730;

/**
 * The spool's own folder, as far as it can be trusted: nobody but root and ourselves could put another in
 * its place or take a box away. Throws ConfigError `spool_missing`, `spool_untrusted`, `spool_closed`.
 */
export function checkSpool(dir: string): Stats {
  const stats = statsOf(dir);
  if (stats === undefined) {
    throw new ConfigError({
      code: 'spool_missing',
      message: `the spool \`${dir}\` does not exist`,
      hint: 'root makes it: `runbook init --system`',
    });
  }
  const shared = (stats.mode & 0o022) !== 0 && (stats.mode & 0o1000) === 0;
  if (!stats.isDirectory() || !isMineOrRoots(stats) || shared) {
    throw new ConfigError({
      code: 'spool_untrusted',
      message: `the spool \`${dir}\` must be a folder of root's, and sticky`,
      hint: `chown root '${dir}' && chmod ${rootMode.toString(8)} '${dir}'`,
    });
  }
  try {
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const group = groupName(stats.gid);
    throw closed(`you are not in the group \`${group}\` of the spool \`${dir}\``, { group, cause });
  }
  return stats;
}

function statsOf(dir: string): Stats | undefined {
  try {
    return lstatSync(dir, { throwIfNoEntry: false });
  } catch (cause) {
    throw new ConfigError({
      code: 'spool_closed',
      message: `the spool \`${dir}\` lies in a folder that you may not enter`,
      hint: `root lets everybody through: \`namei -l '${dir}'\` shows which; or \`channels.spool.dir\` names another`,
      cause,
    });
  }
}

function closed(
  message: string,
  { group, cause }: { readonly group: string; readonly cause: unknown },
): ConfigError {
  const uid = process.geteuid?.() ?? 0;
  return new ConfigError({
    code: 'spool_closed',
    message,
    hint: `root lets you in: \`usermod -aG ${group} ${accountName(uid) ?? uid}\`; then log in again`,
    cause,
  });
}

/**
 * Our own box for this journal, made where it is missing. Whoever came first could have made it for us:
 * then it is theirs, and refused. Throws as `checkSpool`, and ConfigError `spool_box_foreign`.
 */
export function openOwnBox(dir: string, log: string): Box {
  const { gid } = checkSpool(dir);
  const box = boxAt(dir, { uid: process.geteuid?.() ?? 0, log });
  makeFolder(box.path, boxMode, gid);
  makeFolder(box.requests, boxMode, gid);
  makeFolder(box.answers, boxMode, gid);
  makeFolder(box.decisions, decisionsMode, gid);
  return box;
}

/** The same where it was made before and is ours, without making or changing anything; null elsewhere. */
export function findOwnBox(dir: string, log: string): Box | null {
  const box = boxAt(dir, { uid: process.geteuid?.() ?? 0, log });
  try {
    return isOwners(box) ? box : null;
  } catch {
    return null;
  }
}

/**
 * The boxes of other accounts: each belongs to the account that its name names. `doubtful` are names of
 * boxes that somebody else made, of which nothing is read. Throws as `checkSpool`.
 */
export function findBoxes(dir: string): {
  readonly boxes: readonly Box[];
  readonly doubtful: readonly string[];
} {
  checkSpool(dir);
  const named = readdirSync(dir)
    .sort()
    .flatMap((name) => boxNamed(dir, name) ?? []);
  const others = named.filter(({ uid }) => uid !== process.geteuid?.());
  return {
    boxes: others.filter(isOwners),
    doubtful: others.filter((box) => !isOwners(box)).map(({ path }) => path),
  };
}

/** The id in a log's name, `runbook/LOGID`: what boxes are called by. */
export function logIdOf(origin: string): string {
  return origin.slice(origin.lastIndexOf('/') + 1);
}

function boxNamed(dir: string, name: string): Box | null {
  const [, uid, log] = /^(0|[1-9]\d{0,9})\.([0-9a-hjkmnp-tv-z]{16})$/.exec(name) ?? [];
  return uid === undefined || log === undefined ? null : boxAt(dir, { uid: Number(uid), log });
}

function boxAt(dir: string, of: { readonly uid: number; readonly log: string }): Box {
  const path = join(dir, `${of.uid}.${of.log}`);
  return {
    uid: of.uid,
    path,
    requests: join(path, 'requests'),
    decisions: join(path, 'decisions'),
    answers: join(path, 'answers'),
  };
}

/** The box's own folder is enough: what is in it only its owner can have made. */
function isOwners({ uid, path }: Box): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === uid && (stats.mode & 0o022) === 0;
}

function makeFolder(path: string, mode: number, gid: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw error;
    }
  }
  const stats = lstatSync(path);
  if (!stats.isDirectory() || stats.uid !== process.geteuid?.()) {
    throw new ConfigError({
      code: 'spool_box_foreign',
      message: `\`${path}\` belongs to uid ${stats.uid}, who made it in your place`,
      hint: 'ask root to remove it, and who that was',
    });
  }
  if (stats.gid !== gid) {
    chownSync(path, stats.uid, gid);
  }
  // The umask took some of it away, and a change of group the rest.
  chmodSync(path, mode);
}

function isMineOrRoots({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
