import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProblems, InvalidFileError } from '../../src/base/problem.ts';
import { nodeAt, parseYaml, plainValue, positionIn } from '../../src/base/yaml.ts';
import { either, list, object, record } from '../../src/base/yaml-collections.ts';
import { boolean, duration, integer, number, oneOf, text } from '../../src/base/yaml-scalars.ts';
import {
  checkDocument,
  located,
  optional,
  readDocument,
  refine,
  type Schema,
  sectionOf,
} from '../../src/base/yaml-schema.ts';

function messageOf(source: string, schema?: Schema<unknown>): string {
  try {
    const document = parseYaml(source, 'a.yaml', 'a_invalid');
    if (schema !== undefined) {
      checkDocument(schema, document);
    }
    return 'fine';
  } catch (error) {
    if (error instanceof InvalidFileError) {
      return error.message;
    }
    throw error;
  }
}

describe('syntax', () => {
  test.each([
    [
      'a: [1, 2',
      'a.yaml:1:9: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a: "b\nc: d\n', 'a.yaml:1:4: missing closing " quote'],
    ['a: b: c\n', 'a.yaml:1:4: nested mappings are not allowed in compact mappings'],
    ['a:\n\t- b\n', 'a.yaml:2:1: tabs are not allowed as indentation'],
    ['a: !x b\n', 'a.yaml:1:4: unresolved tag: !x'],
    ['a: @b\n', 'a.yaml:1:4: plain value cannot start with reserved character @'],
    ['a: 1\n---\nb: 2\n', 'a.yaml:2:1: source contains multiple documents'],
    ['a: *b\n', 'a.yaml:1:4: there is no anchor `&b` above'],
    ['a: 1\nb\nc: 2\n', 'a.yaml:2:1: implicit map keys need to be followed by map values'],
    ['a: .inf\n', 'a.yaml:1:4: the number .inf cannot be kept exactly'],
    [
      'a: 12345678901234567890\n',
      'a.yaml:1:4: the number 12345678901234567890 cannot be kept exactly',
    ],
    ['a: "\\ud800"\n', 'a.yaml:1:4: this text holds half a surrogate pair, which is not Unicode'],
    ['? [a]\n: b\n', 'a.yaml:1:3: with stringKeys, all keys must be strings'],
  ])('%j is refused at its place', (source, message) => {
    expect(messageOf(source).split('\n')[0]).toBe(message);
  });

  test('only the first error of the syntax is told, with the line as it stands', () => {
    expect(messageOf('a: 1\nb: c: d\ne: @\n')).toBe(
      [
        'a.yaml:2:4: nested mappings are not allowed in compact mappings',
        '  b: c: d',
        '     ^',
        'hint: write a value that holds `: ` in quotes',
      ].join('\n'),
    );
  });

  test('every duplicate key is told, with the line of the first', () => {
    expect(messageOf('a: 1\nb: {c: 1, c: 2}\na: 3\n')).toBe(
      [
        'a.yaml:2:11: `c` stands here twice, first in line 2',
        '  b: {c: 1, c: 2}',
        '            ^',
        'a.yaml:3:1: `a` stands here twice, first in line 1',
        '  a: 3',
        '  ^',
      ].join('\n'),
    );
  });

  test('aliases cannot blow a file up', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1) {
      lines.push(
        `a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`,
      );
    }
    expect(messageOf(lines.join('\n'))).toContain('the file is too large or nests too deeply');
    expect(messageOf('a: &a [*a]\n')).not.toBe('fine');
    expect(messageOf(`a: ${'['.repeat(200)}${']'.repeat(200)}`)).toContain('nests too deeply');
  });

  test('words of older YAML are plain text, and keys are text', () => {
    const { root } = parseYaml(
      'yes: no\non: 0777\n1: 0o17\n__proto__: {constructor: null}\n',
      'a.yaml',
    );
    const value = plainValue(root);
    expect(Object.entries(value as object)).toEqual([
      ['1', 15],
      ['yes', 'no'],
      ['on', 777],
      ['__proto__', { constructor: null }],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('whatever JSON says, YAML reads as the same value', () => {
    const value = jsonValue().filter((it) => !/e|\d{16}/.test(JSON.stringify(it)));
    assert(
      property(value, (json) => {
        const written = JSON.stringify({ json });
        expect(plainValue(parseYaml(written, 'a.yaml').root)).toEqual(JSON.parse(written));
      }),
    );
  });
});

describe('places', () => {
  const source =
    'a: plain\nb: "quoted"\nc: |\n  first\n\n    third\nd: >-\n  one\n  two\ne: "a\\tb"\n';
  const { root } = parseYaml(source, 'a.yaml');
  const lines = source.split('\n');

  test.each([
    ['a', 'ain'],
    ['b', 'oted'],
    ['c', 'rst'],
    ['c', 'hird'],
  ])('a part of %s is found in the file', (key, part) => {
    const node = nodeAt(root, [key]);
    const value = node?.kind === 'scalar' ? String(node.value) : '';
    const at = node === null ? { line: 0, column: 0 } : positionIn(node, value.indexOf(part));
    expect(lines[at.line - 1]?.slice(at.column - 1).startsWith(part)).toBe(true);
  });

  test.each(['d', 'e'])('a part of %s, folded or escaped, is named by its start', (key) => {
    const node = nodeAt(root, [key]);
    expect(node === null ? null : positionIn(node, 3)).toEqual(node?.at);
  });

  test('a terminal sequence in the quoted line does nothing', () => {
    expect(
      formatProblems([{ file: 'a', line: 1, column: 1, message: 'm' }], '\x1b[31mred\u202e'),
    ).toBe('a:1:1: m\n  \ufffd[31mred\ufffd\n  ^');
  });

  test('a very long line is cut to what stands around the column', () => {
    const shown = formatProblems(
      [{ file: 'a', line: 1, column: 501, message: 'm' }],
      `${'x'.repeat(500)}Y${'z'.repeat(500)}`,
    );
    const [, line = '', caret = ''] = shown.split('\n');
    expect(line.length).toBeLessThan(130);
    expect(line.charAt(caret.indexOf('^'))).toBe('Y');
  });
});

describe('schemas', () => {
  const rule = object(
    {
      name: text({ pattern: /^[a-z]+$/, example: 'peer' }),
      level: optional(oneOf('low', 'high'), 'low'),
      pending: optional(duration(), 60_000),
      count: optional(integer({ min: 1, max: 5 })),
      ratio: optional(number({ min: 0 })),
      on: optional(boolean(), false),
      tags: optional(list(text()), []),
    },
    { later: ['soon'] },
  );
  const file = object({
    rules: list(rule, { min: 1 }),
    vars: optional(record(text(), { pattern: /^[A-Z]+$/, example: 'HOST' }), {}),
  });

  test('a good file gives its values, defaults filled in', () => {
    const document = parseYaml('rules: [{name: a, pending: 1m30s}]\n', 'a.yaml');
    expect(checkDocument(file, document)).toEqual({
      rules: [
        { name: 'a', level: 'low', pending: 90_000, count: null, ratio: null, on: false, tags: [] },
      ],
      vars: {},
    });
  });

  test('everything wrong is told at once, in the order of the file', () => {
    const source = [
      'rules:',
      '  - name: A',
      '    levle: low',
      '    level: hihg',
      '    pending: 30',
      '    count: 9',
      '    ratio: -1',
      '    on: "yes"',
      '    soon: 1',
      '    tags: [a, 1.10, {}]',
      '  - count: 1',
      'vars: {host: x, PORT: 1}',
      'zzz: 1',
    ].join('\n');
    const problems = messageOf(source, file)
      .split('\n')
      .filter((line) => !line.startsWith(' '));
    expect(problems).toEqual([
      'a.yaml:2:11: `name` must be text such as `peer`, not `A`',
      'a.yaml:3:5: unknown key `levle`',
      'hint: did you mean `level`?',
      'a.yaml:4:12: `level` must be `low` or `high`, not `hihg`',
      'hint: did you mean `high`?',
      'a.yaml:5:14: `pending` must be a duration such as `30s` or `5m`, not the number 30',
      'hint: add the unit: `30s` or `30m`',
      'a.yaml:6:12: `count` must be a whole number from 1 up to 5, not the number 9',
      'a.yaml:7:12: `ratio` must be a number from 0, not the number -1',
      'a.yaml:8:9: `on` must be `true` or `false`, not `yes`',
      'a.yaml:9:5: `soon` is not built yet',
      'a.yaml:10:15: `tags[1]` must be text, not the number 1.1',
      'hint: write it in quotes: "1.10"',
      'a.yaml:10:21: `tags[2]` must be text, not a map',
      'a.yaml:11:5: `name` is missing',
      'hint: it must be text such as `peer`',
      'a.yaml:12:8: `host` cannot be a name in `vars`',
      'hint: it must look like `HOST`',
      'a.yaml:12:23: `PORT` must be text, not the number 1',
      'hint: write it in quotes: "1"',
      'a.yaml:13:1: unknown key `zzz`',
      'hint: known here: rules, vars',
    ]);
  });

  test('the error names the file kind and leaves with 2', () => {
    const document = parseYaml('rules: []\n', 'a.yaml', 'policy_invalid');
    expect(() => checkDocument(file, document)).toThrow(
      expect.objectContaining({ code: 'policy_invalid', exitCode: 2 }),
    );
  });

  test('a message speaks of the form the writer chose', () => {
    const retry = object({
      retry: either(
        { scalar: integer({ min: 1 }), map: object({ attempts: integer({ min: 1 }) }) },
        'a number, or a map',
      ),
    });
    expect(messageOf('retry: 0', retry)).toContain(
      '`retry` must be a whole number from 1, not the number 0',
    );
    expect(messageOf('retry: {attempts: x}', retry)).toContain(
      '`attempts` must be a whole number from 1, not `x`',
    );
    expect(messageOf('retry: [1]', retry)).toContain(
      '`retry` must be a number, or a map, not a list',
    );
  });

  test('a section is checked by its owner under the right lines', () => {
    const document = parseYaml('a: 1\nslack:\n  tokn: x\n', 'a.yaml');
    const node = nodeAt(document.root, ['slack']);
    const section = sectionOf(document, node ?? document.root);
    expect(readDocument(object({ token: optional(text()) }), section).problems).toEqual([
      {
        file: 'a.yaml',
        line: 3,
        column: 3,
        message: 'unknown key `tokn`',
        hint: 'did you mean `token`?',
      },
    ]);
  });

  test('a refined schema sees the value and its place', () => {
    const even = refine(located(integer()), ({ value, node }, _, place) => {
      if (value % 2 === 1) {
        place.report(node.at, `\`${place.name}\` is odd`);
      }
      return value / 2;
    });
    expect(checkDocument(object({ n: even }), parseYaml('n: 4', 'a.yaml'))).toEqual({ n: 2 });
    expect(messageOf('n: 3', object({ n: even }))).toBe('a.yaml:1:4: `n` is odd\n  n: 3\n     ^');
  });

  test('the JSON Schema is of the same source', () => {
    expect(object({ a: text(), b: optional(list(oneOf('x', 'y')), []) }).json).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'array', items: { enum: ['x', 'y'] } } },
      required: ['a'],
      additionalProperties: false,
    });
  });
});
