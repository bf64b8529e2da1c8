import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findRunbook, listRunbooks, type RunbookPlaces } from '../../src/config/find-runbook.ts';
import { tempFolder } from '../support/temp-folder.ts';

function places(cwd: string, more: Partial<RunbookPlaces> = {}): RunbookPlaces {
  return {
    env: {},
    cwd,
    project: { folders: [join(cwd, 'runbooks')] },
    trustedFolders: [],
    ...more,
  };
}

test('a name is looked up in RUNBOOK_PATH, the project and the trusted folders', () => {
  const cwd = tempFolder({
    'path/a.yaml': 'a',
    'runbooks/b.yml': 'b',
    'trusted/c.yaml': 'c',
    'runbooks/notes.txt': '',
  });
  const all = places(cwd, {
    env: { RUNBOOK_PATH: 'path:/does/not/exist' },
    trustedFolders: [join(cwd, 'trusted')],
  });
  expect(['a', 'b', 'c'].map((name) => findRunbook(name, all).text)).toEqual(['a', 'b', 'c']);
  expect(listRunbooks(all)).toEqual([
    { name: 'a', file: 'path/a.yaml' },
    { name: 'b', file: 'runbooks/b.yml' },
    { name: 'c', file: 'trusted/c.yaml' },
  ]);
});

test('a file is read where it is named, and its folder is where it really lies', () => {
  const cwd = tempFolder({ 'real/deploy.yaml': 'text' });
  symlinkSync(join(cwd, 'real'), join(cwd, 'link'));
  expect(findRunbook('link/deploy.yaml', places(cwd))).toEqual({
    name: null,
    file: 'link/deploy.yaml',
    text: 'text',
    dir: join(cwd, 'real'),
    trusted: false,
  });
});

test('a file outside the working folder keeps its whole path in messages', () => {
  const other = tempFolder({ 'x.yaml': '' });
  expect(findRunbook(join(other, 'x.yaml'), places(tempFolder())).file).toBe(join(other, 'x.yaml'));
});

test('two runbooks of one name are an error that names both', () => {
  const cwd = tempFolder({ 'runbooks/a.yaml': '', 'more/a.yml': '' });
  const all = places(cwd, { env: { RUNBOOK_PATH: 'more' } });
  expect(() => findRunbook('a', all)).toThrow(
    'two runbooks are called `a`: `more/a.yml` and `runbooks/a.yaml`',
  );
});

test('the same file reached in two ways is one runbook', () => {
  const cwd = tempFolder({ 'runbooks/a.yaml': 'a' });
  symlinkSync(join(cwd, 'runbooks'), join(cwd, 'link'));
  const all = places(cwd, { env: { RUNBOOK_PATH: 'link' } });
  expect(findRunbook('a', all).text).toBe('a');
  expect(listRunbooks(all)).toHaveLength(1);
});

test('an unknown name is answered with the one that was probably meant', () => {
  const cwd = tempFolder({ 'runbooks/restart-cluster.yaml': '' });
  expect(() => findRunbook('restart-clutser', places(cwd))).toThrow(
    expect.objectContaining({
      code: 'runbook_unknown',
      exitCode: 2,
      hint: 'did you mean `restart-cluster`?',
    }),
  );
});

test('a file that is not there is said to be missing', () => {
  expect(() => findRunbook('x.yaml', places(tempFolder()))).toThrow('`x.yaml` does not exist');
});

test('a file that is not UTF-8 is refused with the line, not read with something in its place', () => {
  const cwd = tempFolder({ 'x.yaml': '' });
  const bytes = Buffer.from('name: x\nsteps: [{id: s, run: rm caf\xe9}]\n', 'latin1');
  writeFileSync(join(cwd, 'x.yaml'), bytes);
  expect(() => findRunbook('x.yaml', places(cwd))).toThrow('`x.yaml` is not UTF-8 in line 2');
});

test('a dangling link is no runbook, and hides no other', () => {
  const cwd = tempFolder({ 'runbooks/a.yaml': 'a' });
  symlinkSync('nowhere', join(cwd, 'runbooks', 'b.yaml'));
  expect(listRunbooks(places(cwd)).map(({ name }) => name)).toEqual(['a']);
});

describe('a runbook is trusted', () => {
  const trust = (cwd: string, file: string) =>
    findRunbook(file, places(cwd, { trustedFolders: [join(cwd, 'trusted')] })).trusted;

  test('where it really lies in a trusted folder, however it is named', () => {
    const cwd = tempFolder({ 'trusted/sub/a.yaml': '' });
    symlinkSync(join(cwd, 'trusted/sub/a.yaml'), join(cwd, 'a.yaml'));
    expect(trust(cwd, 'trusted/sub/a.yaml')).toBe(true);
    expect(trust(cwd, 'a.yaml')).toBe(true);
  });

  test('not where it lies elsewhere, in a folder that begins alike, or beyond a link', () => {
    const cwd = tempFolder({ 'a.yaml': '', 'trusted-not/a.yaml': '', 'trusted/x': '' });
    symlinkSync(join(cwd, 'a.yaml'), join(cwd, 'trusted', 'a.yaml'));
    expect(trust(cwd, 'a.yaml')).toBe(false);
    expect(trust(cwd, 'trusted-not/a.yaml')).toBe(false);
    expect(trust(cwd, 'trusted/a.yaml')).toBe(false);
  });

  test('not where others can write the folder, one below it, or the file', () => {
    for (const open of ['trusted', 'trusted/sub', 'trusted/sub/a.yaml']) {
      const cwd = tempFolder({ 'trusted/sub/a.yaml': '' });
      chmodSync(join(cwd, open), 0o777);
      expect(trust(cwd, 'trusted/sub/a.yaml'), open).toBe(false);
    }
  });
});
