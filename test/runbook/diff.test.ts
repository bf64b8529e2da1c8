import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import type { Command } from '../../src/runbook/command.ts';
import { describeChanges } from '../../src/runbook/diff.ts';
import { diffLines } from '../../src/runbook/diff-lines.ts';
import { commandDigest, decodeCommand, encodeCommand } from '../../src/runbook/digest.ts';
import { runbookJsonSchema } from '../../src/runbook/json-schema.ts';
import { summarize, summarizeStep } from '../../src/runbook/summary.ts';
import { aRunbook, commandOf, planOf, stepOf } from './builders.ts';

const script = commandOf(aRunbook('  - id: s\n    run: |\n      one\n      two\n      three\n'));
const argv = commandOf(aRunbook('  - id: s\n    exec: echo a\n'));
const http = commandOf(aRunbook('  - id: s\n    http: GET https://h/\n'));

function probe(that: string | null): Command {
  return { ...argv, expect: { exit: [0], status: [], that } };
}

describe('what changed', () => {
  test.each<[string, Command, Command, readonly string[]]>([
    ['nothing', script, { ...script }, []],
    [
      'a line of a script',
      script,
      { ...script, action: { kind: 'run', shell: 'sh', script: 'one\n2\nthree\nfour\n' } },
      ['script:', '- two', '+ 2', '+ four'],
    ],
    [
      'the shell',
      script,
      { ...script, action: { kind: 'run', shell: 'bash', script: 'one\ntwo\nthree\n' } },
      ['shell: was sh, is bash'],
    ],
    [
      'an argument',
      argv,
      { ...argv, action: { kind: 'exec', argv: ['echo', 'b', 'c'] } },
      ['argument 1: was "a", is "b"', 'argument 2: added, "c"'],
    ],
    ['the action', argv, http, ['action: was `exec`, is `http`']],
    [
      'a variable',
      argv,
      {
        ...argv,
        env: {
          ...argv.env,
          PATH: ['/evil'],
          NEW: ['x', { secret: 'params.t', commitment: sha256('x') }],
        },
      },
      [
        'environment variable PATH: was "/usr/bin", is "/evil"',
        `environment variable NEW: added, "x" <params.t ${sha256('x').slice(0, 8)}>`,
      ],
    ],
    [
      'a program',
      { ...argv, programs: [{ path: '/bin/echo', sha256: sha256('a') }] },
      { ...argv, programs: [{ path: '/bin/echo', sha256: sha256('b') }] },
      [`program /bin/echo: was ${sha256('a')}, is ${sha256('b')}`],
    ],
    [
      'a file',
      { ...argv, files: [{ path: '/x', sha256: null }] },
      argv,
      ['file /x: removed, was not hashed'],
    ],
    [
      'limits and place',
      argv,
      { ...argv, timeout_ms: 1, uid: 0, cwd: '/' },
      ['cwd: was "/srv/runbooks", is "/"', 'timeout_ms: was 3600000, is 1', 'uid: was 1000, is 0'],
    ],
    ['the check', argv, { ...argv, check: argv }, ['check: added']],
    [
      'inside the check',
      { ...argv, check: argv },
      { ...argv, check: { ...argv, uid: 0 } },
      ['check: uid: was 1000, is 0'],
    ],
    [
      'what the check must find',
      { ...argv, check: probe('stdout == "rotated"') },
      { ...argv, check: probe(null) },
      ['check: expect: was exit 0 and `stdout == "rotated"`, is exit 0'],
    ],
  ])('%s', (_, before, after, lines) => {
    expect(describeChanges(before, after)).toEqual(lines);
    expect(commandDigest(before) === commandDigest(after)).toBe(lines.length === 0);
  });

  test('every field of a request is told', () => {
    const other: Command = {
      ...http,
      action: {
        kind: 'http',
        method: 'POST',
        url: 'https://i/',
        headers: [{ name: 'a', value: ['b'] }],
        body: ['{}'],
        redirects: 'same_origin',
      },
    };
    expect(describeChanges(http, other)).toEqual([
      'method: was GET, is POST',
      'URL: was https://h/, is https://i/',
      'body: was none, is "{}"',
      'redirects: was off, is same_origin',
      'header a: added, "b"',
    ]);
  });

  test('a huge script is told without comparing every pair of lines', () => {
    const lines = (mark: string): string[] =>
      Array.from({ length: 3000 }, (_, index) => `${mark}${index}`);
    expect(diffLines(['same', ...lines('a'), 'end'], ['same', ...lines('b'), 'end'])).toHaveLength(
      6000,
    );
  });
});

test('a command reads back from its bytes as it was', () => {
  for (const command of [script, { ...script, check: probe('exit_code == 0') }]) {
    expect(decodeCommand(encodeCommand(command))).toEqual(command);
  }
  expect(() => decodeCommand(Buffer.from('{"v":2}'))).toThrow(
    expect.objectContaining({ code: 'command_unreadable' }),
  );
});

test('a digest is bound to what it is a digest of', () => {
  expect(commandDigest(argv)).toBe(sha256(`runbook.command.v1\0${encodeCommand(argv).toString()}`));
});

describe('an action in one line', () => {
  test.each([
    ['run: |\n      # comment\n\n      one "$X"\n      two', 'one "$X" … (2 lines)'],
    ['run: one', 'one'],
    ["exec: [echo, 'a b', \"it's\", '']", "echo 'a b' 'it'\\''s' ''"],
    ['exec: [echo, "a\\nb"]', "echo 'a b'"],
    ['http: GET https://h/x?y=1', 'GET https://h/x?y=1'],
  ])('%s', (lines, summary) => {
    expect(summarize(commandOf(aRunbook(`  - id: s\n    ${lines}\n`)))).toBe(summary);
  });

  test('templates stay as written before there are values', () => {
    const { plan } = planOf(
      aRunbook(
        '  - id: a\n    exec: ls\n    outputs: { x: stdout }\n  - id: s\n    exec: echo ${{ steps.a.outputs.x }}\n',
      ),
    );
    expect(summarizeStep(stepOf(plan, 's'))).toBe('echo ${{ steps.a.outputs.x }}');
  });
});

test('the JSON Schema for editors knows every key', () => {
  const schema = JSON.stringify(runbookJsonSchema());
  for (const key of [
    'params',
    'inherit',
    'preconditions',
    'finally',
    'continue_on_error',
    'max_delay',
    'privileged',
    'same_origin',
  ]) {
    expect(schema).toContain(`"${key}"`);
  }
  expect(runbookJsonSchema()).toMatchObject({
    type: 'object',
    required: ['name', 'steps'],
    additionalProperties: false,
  });
});
