import { execFileSync } from 'node:child_process';

/** A git repository in a temporary folder, with the history that a test gives it. */
export interface Repository {
  git(...args: readonly string[]): string;
  /** Commits everything; `author` and `committer` are addresses. */
  commit(author: string, committer?: string): void;
}

export function openRepository(dir: string): Repository {
  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}): string =>
    execFileSync('git', ['-C', dir, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: dir,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        ...more,
      },
    });
  run(['init', '-q']);
  return {
    git: (...args) => run(args),
    commit: (author, committer = author) => {
      run(['add', '-A']);
      run(['commit', '-q', '-m', 'change'], {
        GIT_AUTHOR_NAME: 'somebody',
        GIT_AUTHOR_EMAIL: author,
        GIT_COMMITTER_NAME: 'somebody',
        GIT_COMMITTER_EMAIL: committer,
      });
    },
  };
}
