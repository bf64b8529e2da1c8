import { realpathSync, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import type { Command } from '../runbook/command.ts';
import { scriptOfShell } from '../runbook/parse/code-positions.ts';
import { findStarter, isShell } from '../runbook/parse/starting-programs.ts';
import { scanScript } from './scan-script.ts';

/** What is more than this is only counted: the list is for a card. */
const maxListed = 12;

/** Builtins that run what is somewhere else. */
const evaluators = new Set(['.', 'source', 'eval']);

/**
 * In words, what the digest of this bound command cannot cover: programs that the script finds by PATH
 * when it runs, files that it or the environment names and `files` does not, programs that start others.
 * What a bound program does by itself (its libraries, its configuration, the network) is not listed.
 * Looks at the disk to tell the name of a file from another word.
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
    ...filesOfEnvironment(command),
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
  const names = new Set(words.map((word) => word.slice(word.indexOf('=') + 1)));
  return [...names].filter((name) => {
    const found = findUnbound(name, command);
    return found === 'file' || found === 'own folder';
  });
}

/** Variables that name places and programs in general: what a step finds there is told in its own words. */
const places = new Set(['HOME', 'PATH', 'TMPDIR', 'PWD', 'SHELL']);

/** `KUBECONFIG=/a:/b`, `GIT_SSH_COMMAND=./ssh.sh -v`, `LD_PRELOAD=…`: files that decide what happens. */
function filesOfEnvironment(command: Command): readonly string[] {
  if (command.action.kind === 'http') {
    return [];
  }
  const named = Object.entries(command.env).filter(([name]) => !places.has(name));
  return named.flatMap(([name, text]) => {
    // Where a secret stands in it, its path is not for a card.
    const value = text.every((piece) => typeof piece === 'string') ? text.join('') : '';
    const words = new Set([value, ...value.split(/[:\s]+/)]);
    return [...words]
      .filter((word) => word !== '' && findUnbound(word, command) === 'file')
      .map(
        (word) => `\`${resolve(command.cwd, word)}\`, which the environment variable ${name} names`,
      );
  });
}

/** What stands there, where it is not bound; null for most words, which are no files at all. */
function findUnbound(
  name: string,
  { cwd, files, programs }: Command,
): 'file' | 'own folder' | null {
  try {
    const real = realpathSync(resolve(cwd, name));
    const stats = statSync(real);
    if (stats.isFile()) {
      return [...files, ...programs].some(({ path }) => path === real) ? null : 'file';
    }
    return stats.isDirectory() && real.startsWith(cwd + sep) ? 'own folder' : null;
  } catch {
    return null;
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
