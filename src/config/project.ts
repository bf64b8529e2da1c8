import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../base/errors.ts';
import { findCheckout } from './checkout.ts';
import { type ProjectFile, parseProject } from './project-schema.ts';

/** What the project's own file says, with its defaults. */
export interface Project {
  /** Null where the project has no such file. */
  readonly file: string | null;
  /** Folders to look for runbooks in, absolute. */
  readonly folders: readonly string[];
  readonly output: 'text' | 'json' | 'ndjson' | null;
}

const places = [
  '.runbookrc.yaml',
  '.runbookrc.yml',
  '.runbookrc.json',
  '.config/runbookrc.yaml',
  '.config/runbookrc.yml',
  '.config/runbookrc.json',
  'runbook.config.yaml',
  'runbook.config.yml',
  'runbook.config.json',
];

/**
 * Reads the project's file: the nearest one from `cwd` up to the root of its checkout; outside a checkout
 * only in `cwd`, because a folder further up may belong to anybody. Throws InvalidFileError
 * `project_invalid`, ConfigError `project_code`.
 */
export async function loadProject(cwd: string): Promise<Project> {
  const root = findCheckout(cwd) ?? resolve(cwd);
  const file = findProjectFile(resolve(cwd), root);
  if (file === null) {
    return { file, folders: [join(root, 'runbooks')], output: null };
  }
  const { runbooks, output } = await readProjectFile(file);
  const folders = (runbooks ?? ['runbooks']).map((folder) => resolve(dirname(file), folder));
  return { file, folders, output };
}

/** Looks before cosmiconfig is loaded: most projects have no such file, and need not pay for it. */
function findProjectFile(from: string, root: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = places.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (place !== undefined) {
      return place;
    }
    if (folder === root || folder === dirname(folder)) {
      return null;
    }
  }
}

async function readProjectFile(file: string): Promise<ProjectFile> {
  const code = findMetaCode(process.cwd());
  if (code !== null) {
    throw new ConfigError({
      code: 'project_code',
      message: `\`${code}\` would be run as code while \`${file}\` is read`,
      hint: 'rename it, or call runbook from another folder',
    });
  }
  const { cosmiconfig } = await import('cosmiconfig');
  const data = (path: string, text: string) => parseProject(text, path);
  const loaders = {
    ...Object.fromEntries(['.yaml', '.yml', '.json'].map((extension) => [extension, data])),
    ...Object.fromEntries(
      ['.js', '.mjs', '.cjs', '.ts', 'noExt'].map((kind) => [kind, refuseCode]),
    ),
  };
  const result = await cosmiconfig('runbook', { loaders, searchPlaces: places }).load(file);
  // An empty file comes back without a value.
  return (result?.config as ProjectFile | undefined) ?? parseProject('', file);
}

/**
 * cosmiconfig reads settings for itself from the working directory, and runs them when they are code:
 * no option of ours can stop it, so a checkout could run what it likes. Answers such a file.
 */
export function findMetaCode(folder: string): string | null {
  const names = ['js', 'ts', 'cjs', 'mjs'].map((extension) => `.config/config.${extension}`);
  return names.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Its own loaders for code would stay in force for whatever we do not name. */
function refuseCode(path: string): never {
  throw new ConfigError({
    code: 'project_code',
    message: `\`${path}\`: only YAML and JSON are read`,
  });
}
