import { execFileSync } from 'node:child_process';
import { array, assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitWords } from '../../src/runbook/parse/split-words.ts';
import { bareExpression, parseTemplate } from '../../src/runbook/template.ts';

function wordsOf(text: string): readonly string[] | string {
  const words = splitWords(text);
  return 'message' in words ? words.message : words.map((word) => word.text);
}

describe('an exec string', () => {
  test.each<[string, readonly string[]]>([
    ['a  b\tc\n d', ['a', 'b', 'c', 'd']],
    ["a 'b c' d", ['a', 'b c', 'd']],
    ['a "b \\"c\\" \\n"', ['a', 'b "c" \\n']],
    ['a\\ b', ['a b']],
    ["a ''", ['a', '']],
    ["--x='a b'c", ['--x=a bc']],
    ['a ${{ params.x }}', ['a', '${{ params.x }}']],
    ['a b${{ "x y" }}c', ['a', 'b${{ "x y" }}c']],
    ["a 'x ${{ 'it' }}'", ['a', "x ${{ 'it' }}"]],
    ['a "${{ {"k": "}}"} }}"', ['a', '${{ {"k": "}}"} }}']],
    ["a '$HOME' '|'", ['a', '$HOME', '|']],
    ['a x~ b#c', ['a', 'x~', 'b#c']],
    ['docker ps --format {{.Names}}', ['docker', 'ps', '--format', '{{.Names}}']],
  ])('%j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each(['|', '>', '<', ';', '&', '$', '*', '?', '(', ')', '`', '['])(
    '%s is left to `run`',
    (character) => {
      expect(wordsOf(`echo a ${character} b`)).toBe(
        `\`${character}\` is for a shell, and \`exec\` starts none`,
      );
    },
  );

  test.each(['~/x', '#x', '"`id`"', '"$(id)"', '"${X}"'])('%s is left to `run`', (word) => {
    expect(wordsOf(`echo ${word}`)).toContain('is for a shell');
  });

  test('splits as a shell does, or refuses', () => {
    const texts = array(string({ unit: 'grapheme-ascii', maxLength: 6 }), { maxLength: 4 }).map(
      (it) => it.join(' '),
    );
    assert(
      property(texts, (text) => {
        const words = splitWords(text);
        // A shell reads these as its own syntax at the start of a word, but they are plain in arguments.
        if ('message' in words || /[{}!=\\]|^\s*$/.test(text)) {
          return;
        }
        const script = `set -f; for word in ${text.replace(/\n/g, ' ')}; do printf '%s\\0' "$word"; done`;
        const shell = execFileSync('sh', ['-c', script]).toString().split('\0').slice(0, -1);
        expect(words.map((word) => word.text)).toEqual(shell);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a template', () => {
  test.each<[string, readonly (string | { expression: string; offset: number })[]]>([
    ['', []],
    ['plain $HOME {{x}} }}', ['plain $HOME {{x}} }}']],
    ['a ${{ b }} c', ['a ', { expression: 'b', offset: 6 }, ' c']],
    [
      '${{a}}${{ b }}',
      [
        { expression: 'a', offset: 3 },
        { expression: 'b', offset: 10 },
      ],
    ],
    ['${{ {"a": {"b": 1}} }}', [{ expression: '{"a": {"b": 1}}', offset: 4 }]],
    ['${{ {"a": {"b": 1}}}}x', [{ expression: '{"a": {"b": 1}}', offset: 4 }, 'x']],
    ['${{ \'}}\' + "${{" }}', [{ expression: '\'}}\' + "${{"', offset: 4 }]],
    ["${{ r'\\' + '}}' }}", [{ expression: "r'\\' + '}}'", offset: 4 }]],
    ['${{ """ " }} """ }}', [{ expression: '""" " }} """', offset: 4 }]],
  ])('%j', (text, pieces) => {
    expect(parseTemplate(text)).toEqual(pieces);
  });

  test.each(['a ${{ b', '${{ "}}', '${{ }}', '${{ {"a": 1 }}'])('%j is an error', (text) => {
    expect(parseTemplate(text)).toHaveProperty('message');
  });

  test('an expression may stand bare or in braces', () => {
    expect(bareExpression(' a == b ')).toEqual({ expression: 'a == b', offset: 1 });
    expect(bareExpression(' ${{ a == b }}')).toEqual({ expression: 'a == b', offset: 5 });
  });
});
