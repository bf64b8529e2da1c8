import { realpathSync, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { scriptOfShell } from '../runbook/code-positions.ts';
import type { Command } from '../runbook/command.ts';
import { findStarter, isShell } from '../runbook/starting-programs.ts';
import { scanScript } from './scan-script.ts';

/** What is more than this is only counted: the list is for a card. */
const maxListed = 12;

/** Builtins that run what is somewhere else. */
const evaluators = new Set(['.', 'source', 'eval']);

/**
 * In words, what the digest of this bound command cannot cover: programs that the script finds by PATH
 * when it runs, files that it names and `files` does not, programs that start others. What a bound
 * program does by itself (its libraries, its configuration, the network) is not listed. Looks at the
 * disk to tell the name of a file from another word.
 */
export function findNotBound(command: Command): readonly string[] {
  const { commands, words } = scanScript(scriptOf(command.action));
  const argv = command.action.kind === 'exec' ? command.action.argv : [];
  const byPath = commands.filter((word) => /^[\w.+-]+$/.test(word) && !evaluators.has(word));
  const starting = [...argv.slice(0, 1), ...commands].filter(isStarter);
  const notes = [
    ...(byPath.length === 0 ? [] : [`programs that the script finds by PATH: ${list(byPath)}`]),
    ...commands.filter((word) => word.includes('$')).map((word) => `what \`${word}\` stands for`),
    ...starting.map((word) => `what \`${word}\` runs`),
    ...filesNamed([...argv, ...words], command).map((word) => `the content of \`${word}\``),
    ...otherNotes(command),
  ];
  const more = notes.length - maxListed;
  return more > 0 ? [...notes.slice(0, maxListed), `and ${more} more`] : notes;
}

/** What runs something else, which the digest knows by its name at most. */
function isStarter(word: string): boolean {
  return isShell(word) || evaluators.has(basename(word)) || findStarter(word) !== null;
}

/** The script of `run`, or of `exec: [sh, -c, SCRIPT]`; else empty. */
function scriptOf(action: Command['action']): string {
  switch (action.kind) {
    case 'run':
      return action.script;
    case 'exec':
      return scriptOfShell(action.argv);
    case 'http':
      return '';
  }
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, maxListed).map((name) => `\`${name}\``);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** Words that are a file, or a folder within the step's own, and are not bound; `--values=x.yaml` is one. */
function filesNamed(words: readonly string[], command: Command): readonly string[] {
  const bound = new Set([...command.files, ...command.programs].map((file) => file.path));
  const names = new Set(words.map((word) => word.slice(word.indexOf('=') + 1)));
  return [...names].filter((name) => isUnbound(resolve(command.cwd, name), command.cwd, bound));
}

function isUnbound(path: string, cwd: string, bound: ReadonlySet<string>): boolean {
  try {
    const real = realpathSync(path);
    const stats = statSync(real);
    const isContent = stats.isFile() || (stats.isDirectory() && real.startsWith(cwd + sep));
    return isContent && !bound.has(real);
  } catch {
    // Most words are no files at all.
    return false;
  }
}

function otherNotes({ action, programs, env }: Command): readonly string[] {
  const script = programs.length > 1 ? programs[0] : undefined;
  const isBash = programs.some((program) => basename(program.path) === 'bash');
  return [
    ...(script === undefined ? [] : [`what \`${script.path}\` calls and reads in turn`]),
    ...(isBash && env['BASH_ENV'] !== undefined ? ['the file that BASH_ENV names'] : []),
    ...(action.kind === 'http' && action.redirects === 'same_origin'
      ? ['where on the same origin the server redirects to']
      : []),
  ];
}
