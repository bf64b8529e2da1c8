import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { RunbookError } from '../../src/base/errors.ts';
import { loadTrusted } from '../../src/config/load.ts';
import { tempFolder } from '../support/temp-folder.ts';

const isRoot = process.geteuid?.() === 0;

function load(dir: string) {
  return loadTrusted({}, dir);
}

function refusal(dir: string): RunbookError {
  try {
    load(dir);
  } catch (error) {
    if (error instanceof RunbookError) {
      return error;
    }
    throw error;
  }
  throw new Error('it was trusted');
}

test('files are read with their text, its digest and what they say', () => {
  const text = 'people:\n  - name: ana\n    groups: [sre]\n';
  const trusted = load(tempFolder({ 'people.yaml': text }));
  expect(trusted.people).toMatchObject({ text, digest: sha256(text) });
  expect(trusted.people.value.people.map(({ name }) => name)).toEqual(['ana']);
});

test('a missing file reads as an empty one, and so does a missing folder', () => {
  for (const dir of [tempFolder(), join(tempFolder(), 'nothing', 'here')]) {
    const { policy, people, config } = load(dir);
    expect([policy.text, people.text, config.text]).toEqual(['', '', '']);
    expect(policy.digest).toBe(sha256(''));
    expect(policy.value.rules).toEqual([]);
  }
});

test('what is written wrong is said with its place', () => {
  const dir = tempFolder({ 'policy.yaml': 'rules: 3\n' });
  const { code, message, exitCode } = refusal(dir);
  expect([code, exitCode]).toEqual(['policy_invalid', 2]);
  expect(message).toContain(`${join(dir, 'policy.yaml')}:1:8: `);
});

test('a file that is not UTF-8 is refused with the line', () => {
  const dir = tempFolder({ 'people.yaml': '' });
  writeFileSync(join(dir, 'people.yaml'), Buffer.from('people:\n  - name: \xe9ric\n', 'latin1'));
  const { code, message } = refusal(dir);
  expect(code).toBe('config_unreadable');
  expect(message).toBe(`\`${join(dir, 'people.yaml')}\` is not UTF-8 in line 2`);
});

describe('trusted configuration is refused', () => {
  test('where group or others can write the file, with the command that helps', () => {
    const dir = tempFolder({ 'policy.yaml': '' });
    const file = join(dir, 'policy.yaml');
    chmodSync(file, 0o664);
    const { code, message, hint } = refusal(dir);
    expect(code).toBe('config_untrusted');
    expect(message).toBe(
      `\`${file}\` has mode 0664, but trusted configuration must not be writable by group or others`,
    );
    expect(hint).toBe(`chmod go-w '${file}'`);
  });

  test('where others can write a folder above it, even when no file is there yet', () => {
    const outer = tempFolder();
    const dir = join(outer, 'open', 'runbook');
    mkdirSync(dir, { recursive: true });
    chmodSync(join(outer, 'open'), 0o777);
    expect(refusal(dir).message).toContain(`\`${join(outer, 'open')}\` has mode 0777`);
  });

  test('where a link leads through a folder that others can write', () => {
    const outer = tempFolder({ 'open/policy.yaml': '' });
    chmodSync(join(outer, 'open'), 0o777);
    symlinkSync(join(outer, 'open', 'policy.yaml'), join(outer, 'policy.yaml'));
    expect(refusal(outer).message).toContain(`\`${join(outer, 'open')}\` has mode 0777`);
  });

  test('where it is a loop of links', () => {
    const dir = tempFolder();
    symlinkSync('policy.yaml', join(dir, 'policy.yaml'));
    expect(refusal(dir).message).toBe(`\`${join(dir, 'policy.yaml')}\` is a loop of links`);
  });

  test('inside a checkout, and where a link leads into one', () => {
    const checkout = tempFolder({ '.git/HEAD': '', 'conf/policy.yaml': '' });
    expect(refusal(join(checkout, 'conf')).message).toContain(
      `lies in the checkout \`${checkout}\``,
    );
    const dir = tempFolder();
    symlinkSync(join(checkout, 'conf', 'policy.yaml'), join(dir, 'policy.yaml'));
    expect(refusal(dir).code).toBe('config_untrusted');
  });

  test('inside a worktree, whose `.git` is a file', () => {
    const worktree = tempFolder({ '.git': 'gitdir: /elsewhere', 'policy.yaml': '' });
    expect(refusal(worktree).code).toBe('config_untrusted');
  });

  test('where a folder stands in the place of a file', () => {
    const dir = tempFolder();
    mkdirSync(join(dir, 'policy.yaml'));
    expect(refusal(dir).message).toBe(`\`${join(dir, 'policy.yaml')}\` is not a regular file`);
  });

  test.runIf(isRoot)('where it belongs to another user (needs root)', () => {
    const dir = tempFolder({ 'policy.yaml': '' });
    chownSync(join(dir, 'policy.yaml'), 12_345, 0);
    expect(refusal(dir).message).toContain('belongs to uid 12345');
  });
});
