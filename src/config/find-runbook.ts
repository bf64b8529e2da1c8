import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { closest } from '../base/suggest.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import { suggestion } from '../base/yaml-schema.ts';
import { effectiveUser, findDistrust } from './distrust.ts';
import type { Env } from './paths.ts';
import type { Project } from './project.ts';
import { walkPath } from './walk-path.ts';

/** Where runbooks are looked for. */
export interface RunbookPlaces {
  readonly env: Env;
  readonly cwd: string;
  readonly project: Pick<Project, 'folders'>;
  /** From `config.yaml`. */
  readonly trustedFolders: readonly string[];
}

export interface FoundRunbook {
  /** What it was called by; null where it was named as a file. */
  readonly name: string | null;
  /** For messages: relative to `cwd` where it lies below it. */
  readonly file: string;
  readonly text: string;
  /** Its folder, absolute, links resolved: where its steps run. */
  readonly dir: string;
  /** It lies in a trusted folder, and nobody else can change it there. */
  readonly trusted: boolean;
}

/**
 * Finds a runbook by NAME in RUNBOOK_PATH, the project's folders and the trusted ones, or reads a FILE (it
 * has a slash, or ends in `.yaml` or `.yml`). Throws UsageError `runbook_unknown`, `runbook_ambiguous`
 * (two files of one name: which one runs must not depend on an order) or `runbook_unreadable` (also where
 * it is not UTF-8).
 */
export function findRunbook(nameOrFile: string, places: RunbookPlaces): FoundRunbook {
  const isFile = nameOrFile.includes('/') || extension.test(nameOrFile);
  const path = isFile ? resolve(places.cwd, nameOrFile) : findByName(nameOrFile, places);
  const file = display(path, places.cwd);
  const text = readRunbook(path, file);
  const realPath = realpathSync(path);
  return {
    name: isFile ? null : nameOrFile,
    file,
    text,
    dir: dirname(realPath),
    trusted: isTrusted(realPath, places),
  };
}

/** Every runbook that NAME could be, sorted by name. */
export function listRunbooks(
  places: RunbookPlaces,
): readonly { readonly name: string; readonly file: string }[] {
  return findAll(places)
    .map((path) => ({ name: nameOf(path), file: display(path, places.cwd) }))
    .sort((a, b) => (a.name + a.file < b.name + b.file ? -1 : 1));
}

const extension = /\.ya?ml$/;

function findByName(name: string, places: RunbookPlaces): string {
  const all = findAll(places);
  const [hit, other] = all.filter((path) => nameOf(path) === name);
  if (hit !== undefined && other !== undefined) {
    throw new UsageError({
      code: 'runbook_ambiguous',
      message: `two runbooks are called \`${name}\`: \`${display(hit, places.cwd)}\` and \`${display(other, places.cwd)}\``,
      hint: 'name the file',
    });
  }
  if (hit === undefined) {
    throw new UsageError({
      code: 'runbook_unknown',
      message: `there is no runbook \`${name}\``,
      hint: suggestion(closest(name, all.map(nameOf))) ?? '`runbook list` shows those there are',
    });
  }
  return hit;
}

/** In the order of the places; a file that is reached in two ways counts once. */
function findAll({ env, cwd, project, trustedFolders }: RunbookPlaces): readonly string[] {
  const named = (env['RUNBOOK_PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = [
    ...named.map((folder) => resolve(cwd, folder)),
    ...project.folders,
    ...trustedFolders,
  ];
  const byRealPath = new Map<string, string>();
  for (const path of folders.flatMap(listFolder)) {
    const realPath = realpathSync(path);
    byRealPath.set(realPath, byRealPath.get(realPath) ?? path);
  }
  return [...byRealPath.values()];
}

/** A folder that is not there holds no runbooks. */
function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => extension.test(name))
      .map((name) => join(folder, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  } catch {
    return [];
  }
}

function nameOf(path: string): string {
  return basename(path).replace(extension, '');
}

function display(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}

function readRunbook(path: string, file: string): string {
  const decoded = decodeUtf8(readBytes(path, file));
  if ('text' in decoded) {
    return decoded.text;
  }
  throw new UsageError({
    code: 'runbook_unreadable',
    message: `\`${file}\` is not UTF-8 in line ${decoded.badLine}`,
    hint: 'save it as UTF-8',
  });
}

function readBytes(path: string, file: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError({
      code: 'runbook_unreadable',
      message: `\`${file}\` ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}`,
      hint: '`runbook list` shows the runbooks there are',
      cause,
    });
  }
}

/** Judged on the real path, down to the file: a trusted folder's link may lead out of it. */
function isTrusted(realPath: string, { trustedFolders }: RunbookPlaces): boolean {
  const ways = trustedFolders.map(walkPath).filter((way) => way !== null);
  const way = ways.find((way) => realPath.startsWith(`${way.realPath}${sep}`));
  const file = walkPath(realPath);
  return (
    way !== undefined &&
    file !== null &&
    findDistrust([...way.components, ...file.components], effectiveUser()) === null
  );
}
