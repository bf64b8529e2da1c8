import { RunbookError } from '../base/errors.ts';
import { runTool } from '../base/tool.ts';
import type { PeopleList } from '../policy/policy.ts';
import { assertTrustedFile, readTrustedText } from './load-trusted-file.ts';

/** What a list named, before anybody looked who that is. */
export interface AskedList {
  readonly entries: readonly string[];
  /** Why it cannot be asked; it then names nobody. */
  readonly error: string | null;
}

/**
 * Asks a list of trusted configuration now: reads its file, or runs its program and waits. Neither may be
 * one that somebody else could change, because whoever writes the list says who may approve. The program
 * gets nothing of this process's environment, which belongs to whoever started the run. Never throws.
 */
export function askList(list: PeopleList): AskedList {
  try {
    return list.kind === 'file' ? parseNames(readTrustedText(list.path)) : askProgram(list);
  } catch (error) {
    if (error instanceof RunbookError) {
      return failed(error.message);
    }
    throw error;
  }
}

const maxBytes = 64 * 1024;
const mostNames = 1000;
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

function askProgram({ argv, timeoutMs }: Extract<PeopleList, { kind: 'command' }>): AskedList {
  const [program = ''] = argv;
  assertTrustedFile(program);
  const ran = runTool(argv, {
    input: Buffer.alloc(0),
    env: environment,
    cwd: '/',
    timeoutMs,
    maxBytes,
  });
  // What it said on stderr stays out of the journal: it may hold whatever it logs in with.
  return ran.exitCode === 0
    ? parseNames(ran.stdout.toString())
    : failed(`\`${program}\` ended with exit code ${ran.exitCode}`);
}

/** A JSON array of texts, or one name a line; `#` begins a comment. */
function parseNames(text: string): AskedList {
  const names = text.trimStart().startsWith('[') ? parseArray(text) : parseLines(text);
  return names !== null && names.length <= mostNames && names.every(isName)
    ? { entries: names, error: null }
    : failed(
        `it must say a JSON array of names, or one name a line, and no more than ${mostNames}`,
      );
}

function failed(error: string): AskedList {
  return { entries: [], error };
}

function parseArray(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((it) => typeof it === 'string') ? value : null;
  } catch {
    return null;
  }
}

function parseLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

function isName(text: string): boolean {
  return /^[^\p{C}]{1,200}$/u.test(text);
}
