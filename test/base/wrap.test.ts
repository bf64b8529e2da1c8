import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breakLine, textWidth, wrapText } from '../../src/base/wrap.ts';

describe('the width of a text', () => {
  test('is what a terminal gives it', () => {
    expect(textWidth('größe')).toBe(5);
    expect(textWidth('日本')).toBe(4);
    expect(textWidth('e\u0301')).toBe(1);
    expect(textWidth('✅')).toBe(2);
  });
});

describe('wrapping', () => {
  test('breaks at spaces, and inside of a word only where it must', () => {
    expect(wrapText('restart every node', 9)).toEqual(['restart', 'every', 'node']);
    expect(wrapText('aaaaaaaaaa b', 4)).toEqual(['aaaa', 'aaaa', 'aa b']);
    expect(wrapText('aaaaaaaaaa b', 4, '+')).toEqual(['aaa+', 'aaa+', 'aaa+', 'a b']);
  });

  test('keeps indents and runs of spaces', () => {
    expect(wrapText('  two', 80)).toEqual(['  two']);
    expect(wrapText('a  b', 80)).toEqual(['a  b']);
  });

  test('of any text can be read back', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '日', 'ü') });
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 30 }), (text, width) => {
        const lines = wrapText(text, width, '↩');
        expect(lines.every((line) => textWidth(line) <= width)).toBe(true);
        const read = lines.map((line, at) => {
          const last = at === lines.length - 1;
          return line.endsWith('↩') ? line.slice(0, -1) : `${line}${last ? '' : ' '}`;
        });
        expect(read.join('')).toBe(text);
      }),
    );
  });

  test('of code drops nothing at all', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 2, max: 30 }), (line, width) => {
        const pieces = breakLine(line, width);
        expect(pieces.join('')).toBe(line);
        expect(pieces.every((piece) => textWidth(piece) <= width)).toBe(true);
      }),
    );
  });
});
