import { basename, dirname } from 'node:path';
import { RunbookError } from '../base/errors.ts';
import { runTool } from '../base/tool.ts';

/**
 * The addresses of whoever wrote and whoever committed each line of a file, in lower case, as the history
 * of its git repository has them. Null where it cannot say for all of them: there is no git, no repository
 * of this account's, `text` is not what is committed, or the history is cut off (a shallow clone).
 *
 * Nothing in the repository is obeyed: no hook, filter, text conversion, mail map, replaced object or list
 * of commits to ignore, and no variable of the caller's.
 */
export function gitAuthors(file: string, text: string): readonly (readonly string[])[] | null {
  try {
    return readAuthors(dirname(file), basename(file), text);
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

function readAuthors(
  dir: string,
  name: string,
  text: string,
): readonly (readonly string[])[] | null {
  const shallow = runGit(dir, ['rev-parse', '--is-shallow-repository']);
  const committed = runGit(dir, ['cat-file', 'blob', `HEAD:./${name}`]);
  if (shallow?.trim() !== 'false' || committed !== text) {
    return null;
  }
  const commits = commitsOf(runGit(dir, [...blame, 'HEAD', '--', name]) ?? '');
  const listed = runGit(dir, list, `${[...new Set(commits)].join('\n')}\n`);
  const addresses = addressesOf(listed ?? '');
  const lines = commits.map((commit) => addresses.get(commit) ?? []);
  return lines.length === linesOf(text) && lines.every((line) => line.length > 0) ? lines : null;
}

function linesOf(text: string): number {
  const breaks = text.split('\n').length;
  return text.endsWith('\n') ? breaks - 1 : breaks;
}

/** Every line of the file by the commit it came from, in order; header lines alone begin with an id. */
const blame = ['blame', '--porcelain', '--no-textconv', '--ignore-revs-file', ''];

function commitsOf(porcelain: string): readonly string[] {
  return porcelain.split('\n').flatMap((line) => {
    const [, commit] = /^([0-9a-f]{40,64}) \d+ \d+(?: \d+)?$/.exec(line) ?? [];
    return commit ?? [];
  });
}

/** With a prefix of our own no address can pass for a line of git's. Both addresses are as committed. */
const list = ['rev-list', '--no-walk', '--format=a:%ae%nc:%ce', '--stdin'];

function addressesOf(listed: string): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, readonly string[]>();
  for (const [index, line] of listed.split('\n').entries()) {
    const [, commit] = /^commit ([0-9a-f]{40,64})$/.exec(line) ?? [];
    if (commit !== undefined) {
      const both = listed.split('\n').slice(index + 1, index + 3);
      addresses.set(commit, [...new Set(both.map((text) => text.slice(2).toLowerCase()))]);
    }
  }
  return addresses;
}

const settings = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.attributesFile=/dev/null',
  'core.commitGraph=false',
  // Objects that a partial clone left out are not fetched.
  'protocol.allow=never',
];

const variables = [
  'PATH=/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  'HOME=/nonexistent',
  'LC_ALL=C',
  'GIT_CONFIG_NOSYSTEM=1',
  'GIT_CONFIG_GLOBAL=/dev/null',
  'GIT_GRAFT_FILE=/dev/null',
  'GIT_TERMINAL_PROMPT=0',
  'GIT_OPTIONAL_LOCKS=0',
];

const git = ['/usr/bin/env', '-i', ...variables, 'git', '--no-replace-objects'];

/** Null where git ends in anything but 0. Throws as `runTool`. */
function runGit(dir: string, args: readonly string[], input = ''): string | null {
  const harmless = settings.flatMap((setting) => ['-c', setting]);
  const { exitCode, stdout } = runTool([...git, '-C', dir, ...harmless, ...args], {
    input: Buffer.from(input),
    timeoutMs: 20_000,
  });
  return exitCode === 0 ? stdout.toString('utf8') : null;
}
