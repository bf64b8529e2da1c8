import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitAuthors } from '../../src/config/git-authors.ts';
import { openRepository, type Repository } from '../support/git-repository.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Scene {
  readonly dir: string;
  readonly file: string;
  readonly repository: Repository;
  readonly write: (text: string) => void;
  readonly authors: () => ReturnType<typeof gitAuthors>;
}

/** `first` is carol's, `second` robin's. */
function aHistory(): Scene {
  const dir = tempFolder({ 'runbook.yaml': 'first\nsecond by carol\n' });
  const file = join(dir, 'runbook.yaml');
  const repository = openRepository(dir);
  repository.commit('Carol@example.com');
  writeFileSync(file, 'first\nsecond\n');
  repository.commit('robin@example.com', 'kim@example.com');
  return {
    dir,
    file,
    repository,
    write: (text) => writeFileSync(file, text),
    authors: () => gitAuthors(file, readFileSync(file, 'utf8')),
  };
}

const known = [['carol@example.com'], ['robin@example.com', 'kim@example.com']];

describe('git says who wrote a line', () => {
  test('by author and committer, in lower case', () => {
    expect(aHistory().authors()).toEqual(known);
  });

  test('in a folder of the repository, and of a file whose last line has no end', () => {
    const dir = tempFolder({ 'ops/deep/runbook.yaml': 'one\ntwo' });
    openRepository(dir).commit('ana@example.com');
    const file = join(dir, 'ops/deep/runbook.yaml');
    expect(gitAuthors(file, 'one\ntwo')).toEqual([['ana@example.com'], ['ana@example.com']]);
  });

  test('whatever else in the repository was changed and not committed', () => {
    const { dir, authors } = aHistory();
    writeFileSync(join(dir, 'other'), 'x');
    expect(authors()).toEqual(known);
  });
});

describe('git cannot say', () => {
  test('what is not committed, or was read before it was', () => {
    const { file, write, authors, repository } = aHistory();
    write('first\nsecond\nthird\n');
    expect(authors()).toBeNull();
    repository.commit('robin@example.com');
    expect(authors()).toHaveLength(3);
    expect(gitAuthors(file, 'first\nsecond\n')).toBeNull();
  });

  test('what lies in no repository, or in none that has a history', () => {
    const dir = tempFolder({ 'runbook.yaml': 'x' });
    expect(gitAuthors(join(dir, 'runbook.yaml'), 'x')).toBeNull();
    openRepository(dir);
    expect(gitAuthors(join(dir, 'runbook.yaml'), 'x')).toBeNull();
  });

  test('what a shallow clone left out', () => {
    const { dir, repository } = aHistory();
    const clone = tempFolder({});
    rmSync(clone, { recursive: true });
    repository.git('clone', '-q', '--depth', '1', `file://${dir}`, clone);
    expect(gitAuthors(join(clone, 'runbook.yaml'), 'first\nsecond\n')).toBeNull();
  });
});

describe('nobody talks git into another author', () => {
  test('with a mail map, replaced objects, or commits to ignore', () => {
    const { dir, repository, authors } = aHistory();
    writeFileSync(join(dir, '.mailmap'), 'Ana <ana@example.com> <robin@example.com>\n');
    const [last = '', first = ''] = repository.git('log', '--format=%H').trim().split('\n');
    repository.git('replace', last, first);
    writeFileSync(join(dir, 'ignored'), `${last}\n`);
    repository.git('config', 'blame.ignoreRevsFile', join(dir, 'ignored'));
    writeFileSync(join(dir, '.git/info/grafts'), `${last}\n`);
    expect(authors()).toEqual(known);
  });

  test('with an address that looks like what git prints', () => {
    const dir = tempFolder({ 'runbook.yaml': 'x\n' });
    const commit = 'a'.repeat(40);
    openRepository(dir).commit(`commit ${commit}`, 'ana@example.com');
    expect(gitAuthors(join(dir, 'runbook.yaml'), 'x\n')).toEqual([
      [`commit ${commit}`, 'ana@example.com'],
    ]);
  });
});

test('nothing that a repository names is run', () => {
  const { dir, repository, authors } = aHistory();
  const trap = join(dir, 'trap');
  const command = `touch ${trap}`;
  writeFileSync(join(dir, '.gitattributes'), '*.yaml diff=evil filter=evil\n');
  for (const key of [
    'core.fsmonitor',
    'core.sshCommand',
    'core.pager',
    'diff.external',
    'diff.evil.textconv',
    'diff.evil.command',
    'filter.evil.clean',
    'filter.evil.smudge',
    'gpg.program',
  ]) {
    repository.git('config', key, command);
  }
  repository.git('config', 'log.showSignature', 'true');
  expect(authors()).toEqual(known);
  expect(existsSync(trap)).toBe(false);
});
