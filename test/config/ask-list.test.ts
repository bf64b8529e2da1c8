import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { askList } from '../../src/config/ask-list.ts';
import { tempFolder } from '../support/temp-folder.ts';

function write(text: string, mode = 0o600): string {
  const path = join(tempFolder(), 'list');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function fromFile(text: string, mode?: number) {
  return askList({ kind: 'file', path: write(text, mode) });
}

function fromProgram(script: string, more: { args?: string[]; timeoutMs?: number } = {}) {
  const path = write(`#!/bin/sh\n${script}\n`, 0o700);
  const { args = [], timeoutMs = 5000 } = more;
  return askList({ kind: 'command', argv: [path, ...args], timeoutMs });
}

describe('a list in a file', () => {
  test('has one name a line, and comments', () => {
    expect(fromFile('# this week\nana\n\n  bob@example.com # until Friday\n')).toEqual({
      entries: ['ana', 'bob@example.com'],
      error: null,
    });
    expect(fromFile('')).toEqual({ entries: [], error: null });
  });

  test('may be a JSON array', () => {
    expect(fromFile('["ana", "bob"]')).toEqual({ entries: ['ana', 'bob'], error: null });
  });

  test.each([
    ['JSON of something else', '["ana", 1]'],
    ['broken JSON', '["ana"'],
    ['a name with a control character', 'ana\u0007\n'],
    ['too many names', 'ana\n'.repeat(1001)],
  ])('that is %s names nobody', (_, text) => {
    const { entries, error } = fromFile(text);
    expect(entries).toEqual([]);
    expect(error).toContain('one name a line');
  });

  test('that others can write names nobody', () => {
    const { entries, error } = fromFile('eve\n', 0o666);
    expect(entries).toEqual([]);
    expect(error).toContain('trusted configuration must not be writable');
  });

  test('that is missing, a folder or part of a checkout names nobody', () => {
    const ask = (path: string) => askList({ kind: 'file', path });
    const dir = tempFolder({ '.git/HEAD': '', oncall: 'eve\n' });
    expect(ask(join(tempFolder(), 'absent')).error).toContain('there is no file');
    expect(ask(tempFolder()).error).toContain('not a regular file');
    expect(ask(join(dir, 'oncall')).error).toContain('lies in the checkout');
  });
});

describe('a list from a program', () => {
  test('is what the program prints, given its arguments', () => {
    expect(fromProgram('echo "$1"; echo bob', { args: ['ana'] }).entries).toEqual(['ana', 'bob']);
  });

  test('is asked without the environment of whoever started the run', () => {
    const { entries } = fromProgram('env | cut -d= -f1 | grep -v "^_$\\|^PWD$\\|^SHLVL$" | sort');
    expect(entries).toEqual(['LANG', 'PATH']);
  });

  test('is asked from the root folder and given nothing to read', () => {
    expect(fromProgram('pwd; cat').entries).toEqual(['/']);
  });

  test('that fails names nobody, and does not repeat what it complained about', () => {
    const { entries, error } = fromProgram('echo eve; echo "token: hunter2" >&2; exit 3');
    expect(entries).toEqual([]);
    expect(error).toMatch(/ended with exit code 3$/);
  });

  test('that hangs, even one that heeds no signal, names nobody', () => {
    const { entries, error } = fromProgram('trap "" TERM; echo eve; sleep 60', { timeoutMs: 1000 });
    expect(entries).toEqual([]);
    expect(error).toContain('did not finish within 1000 ms');
  });

  test('that says too much names nobody', () => {
    const { entries, error } = fromProgram('yes eve | head -c 100000');
    expect(entries).toEqual([]);
    expect(error).toContain('failed to run');
  });

  test('that others can replace is not started', () => {
    const path = write('#!/bin/sh\necho eve\n', 0o777);
    const { entries, error } = askList({ kind: 'command', argv: [path], timeoutMs: 5000 });
    expect(entries).toEqual([]);
    expect(error).toContain('trusted configuration');
  });

  test('that does not exist or cannot be started names nobody', () => {
    const ask = (path: string) => askList({ kind: 'command', argv: [path], timeoutMs: 5000 });
    expect(ask(join(tempFolder(), 'absent')).error).toContain('there is no file');
    expect(ask(write('#!/bin/sh\necho eve\n', 0o600)).error).toContain('cannot be started');
  });
});
