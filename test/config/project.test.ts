import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findMetaCode, loadProject } from '../../src/config/project.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('without a file the runbooks lie in `runbooks` at the root of the checkout', async () => {
  const root = tempFolder({ '.git/HEAD': '', 'src/deep/x': '' });
  expect(await loadProject(join(root, 'src/deep'))).toEqual({
    file: null,
    folders: [join(root, 'runbooks')],
    output: null,
  });
});

test.each([
  ['.runbookrc.yaml', 'runbooks: [ops, ../shared]\noutput: json\n'],
  ['.config/runbookrc.yml', 'runbooks: [../ops, ../../shared]\noutput: json\n'],
  ['runbook.config.json', '{"runbooks": ["ops", "../shared"], "output": "json"}'],
])('`%s` names folders, relative to itself, and the output', async (name, text) => {
  const root = tempFolder({ '.git/HEAD': '', [name]: text });
  expect(await loadProject(root)).toEqual({
    file: join(root, name),
    folders: [join(root, 'ops'), join(root, '../shared')],
    output: 'json',
  });
});

test('the nearest file counts, up to the root of the checkout and not beyond', async () => {
  const outer = tempFolder({
    '.runbookrc.yaml': 'output: json',
    'repo/.git/HEAD': '',
    'repo/a/.runbookrc.yaml': 'output: ndjson',
  });
  mkdirSync(join(outer, 'repo/a/b'));
  expect((await loadProject(join(outer, 'repo/a/b'))).output).toBe('ndjson');
  expect((await loadProject(join(outer, 'repo'))).file).toBeNull();
});

test('outside a checkout only the working folder counts', async () => {
  const outer = tempFolder({ '.runbookrc.yaml': 'output: json', 'inner/x': '' });
  expect((await loadProject(join(outer, 'inner'))).file).toBeNull();
  expect((await loadProject(outer)).output).toBe('json');
});

test('an empty file is all defaults', async () => {
  const root = tempFolder({ '.runbookrc.yaml': '' });
  expect(await loadProject(root)).toMatchObject({
    folders: [join(root, 'runbooks')],
    output: null,
  });
});

test('it may say nothing else: policy comes from trusted files alone', async () => {
  const root = tempFolder({ '.runbookrc.yaml': 'policy:\n  floor: { assurance: A0 }\n' });
  await expect(loadProject(root)).rejects.toMatchObject({ code: 'project_invalid', exitCode: 2 });
});

test('it cannot import code', async () => {
  const root = tempFolder({
    '.runbookrc.yaml': '$import: ./evil.cjs\n',
    'evil.cjs': 'globalThis.runbookEvil = true;',
  });
  await expect(loadProject(root)).rejects.toMatchObject({ code: 'project_invalid' });
  expect(globalThis).not.toHaveProperty('runbookEvil');
});

test('settings of cosmiconfig that are code are found before it would run them', () => {
  expect(findMetaCode(tempFolder({ '.config/config.yaml': '' }))).toBeNull();
  const root = tempFolder({ '.config/config.mjs': '' });
  expect(findMetaCode(root)).toBe(join(root, '.config/config.mjs'));
});
