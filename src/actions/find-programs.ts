import { accessSync, constants, readSync, realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { Command } from '../runbook/command.ts';
import { withRegularFile } from './regular-file.ts';

/** More than any chain the kernel follows: it gives up after five scripts. */
const maxPrograms = 8;

/** Where a step looks: its folder and its own PATH. */
interface Place {
  readonly cwd: string;
  readonly path: string;
}

/** A program about to be started: its name as written, and what it is given. */
interface Call {
  readonly word: string;
  readonly args: readonly string[];
}

/**
 * Real paths of the program that the kernel starts for this command and of what then runs it: the
 * interpreters behind `#!`, and what `env` finds. Looked up by the step's PATH, never by ours. Empty for
 * http. Throws UsageError `program_missing`, `program_not_executable`, `program_chain` or `path_secret`.
 */
export function findPrograms(command: Command): readonly string[] {
  const { action } = command;
  switch (action.kind) {
    case 'http':
      return [];
    case 'run':
      return follow({ word: action.shell, args: [] }, placeOf(command));
    case 'exec':
      return follow({ word: action.argv[0] ?? '', args: action.argv.slice(1) }, placeOf(command));
  }
}

function placeOf(command: Command): Place {
  const pieces = command.env['PATH'] ?? ['/usr/bin:/bin'];
  const path = pieces.map((piece) => {
    if (typeof piece !== 'string') {
      throw new UsageError({
        code: 'path_secret',
        message: `PATH of the step holds the secret \`${piece.secret}\``,
        hint: 'programs are found by PATH before secrets are filled in: take it out',
      });
    }
    return piece;
  });
  return { cwd: command.cwd, path: path.join('') };
}

function follow(first: Call, place: Place): readonly string[] {
  const chain: string[] = [];
  let call: Call | null = first;
  while (call !== null) {
    if (chain.length === maxPrograms) {
      throw new UsageError({
        code: 'program_chain',
        message: `\`${first.word}\` goes through more than ${maxPrograms} interpreters`,
        hint: 'start the last of them directly',
      });
    }
    const path = locate(call.word, place);
    chain.push(path);
    call = basename(call.word) === 'env' ? startedByEnv(call.args) : interpreterOf(path, call.args);
  }
  return chain;
}

/** As execvp(3) looks: a word with a slash stands for itself, an empty folder in PATH is the cwd. */
function locate(word: string, place: Place): string {
  const folders = word.includes('/') ? [''] : place.path.split(':');
  const files = folders.map((folder) => resolve(place.cwd, folder, word)).filter(isFile);
  const found = files.find(isExecutable);
  if (found !== undefined) {
    return realpathSync(found);
  }
  if (files[0] !== undefined) {
    throw new UsageError({
      code: 'program_not_executable',
      message: `\`${files[0]}\` is not executable for this user`,
      hint: `run \`chmod +x ${files[0]}\`, or name its interpreter first`,
    });
  }
  throw new UsageError({
    code: 'program_missing',
    message: word.includes('/')
      ? `there is no program \`${word}\` in \`${place.cwd}\``
      : `there is no program \`${word}\` on the step's PATH, \`${place.path}\``,
    hint: word.includes('/') ? 'check the path' : 'install it, or set PATH in `env`',
  });
}

/** What cannot be looked at is not there: as execvp(3), which goes on to the next folder. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** First bytes of what the kernel starts without help: ELF, and Mach-O in its forms. */
const binaries = new Set('7f454c46 feedface feedfacf cefaedfe cffaedfe cafebabe'.split(' '));

/**
 * What runs this file: null for a binary. Where there is neither that nor `#!` it is /bin/sh, since
 * execvp(3) hands to it whatever the kernel does not know.
 */
function interpreterOf(path: string, args: readonly string[]): Call | null {
  const head = readHead(path);
  if (head === null || binaries.has(head.toString('hex', 0, 4))) {
    return null;
  }
  const line = /^#![ \t]*([^ \t\n]+)[ \t]*([^\n]*)/.exec(head.toString());
  const word = line?.[1] ?? '/bin/sh';
  // The kernel passes all that follows the interpreter as one argument (execve(2)).
  const argument = line?.[2]?.trimEnd() ?? '';
  return { word, args: [...(argument === '' ? [] : [argument]), path, ...args] };
}

/** The first bytes of a program, as many as the kernel looks at; null where they cannot be read. */
function readHead(path: string): Buffer | null {
  const head = Buffer.alloc(256);
  try {
    return withRegularFile(path, (descriptor) =>
      head.subarray(0, readSync(descriptor, head, 0, head.length, 0)),
    );
  } catch {
    // A program may be executable and not readable (`sudo` on some systems); it is no script then.
    return null;
  }
}

/**
 * The program in `env NAME`, `env KEY=VALUE NAME` and `env -S "NAME …"`. Null where env's other options
 * would have to be understood, or PATH itself is set: then the chain ends at env, and `notBound` says so.
 */
function startedByEnv(args: readonly string[]): Call | null {
  const words = splitString(args);
  const at = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const word = words[at];
  const setsPath = words.slice(0, Math.max(at, 0)).some((set) => set.startsWith('PATH='));
  if (word === undefined || word.startsWith('-') || setsPath) {
    return null;
  }
  return { word, args: words.slice(at + 1) };
}

function splitString(args: readonly string[]): readonly string[] {
  const [first = '', ...rest] = args;
  const packed = /^(?:-v?S|--split-string=)\s*([^'"\\$#]+)$/.exec(first)?.[1];
  return packed === undefined ? args : [...packed.trim().split(/\s+/), ...rest];
}
