import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasMixedScripts, sanitizeBlock, sanitizeLine } from '../../src/base/sanitize.ts';

describe('what a reader would not see is made visible', () => {
  test.each([
    ['a terminal escape', 'a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['a one-byte terminal escape', 'a\x9b2Jb', 'a\\x9b2Jb'],
    ['a carriage return', 'rm -rf /\recho', 'rm -rf /\\x0decho'],
    ['a bidi override', 'a\u202eb', 'a\\u{202e}b'],
    ['a bidi isolate', 'a\u2066b', 'a\\u{2066}b'],
    ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
    ['a zero-width joiner', 'a\u200db', 'a\\u{200d}b'],
    ['a byte order mark', '\ufeffa', '\\u{feff}a'],
    ['a soft hyphen', 'a\u00adb', 'a\\xadb'],
    ['a no-break space', 'a\u00a0b', 'a\\xa0b'],
    ['an ideographic space', 'a\u3000b', 'a\\u{3000}b'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a Hangul filler', 'a\u3164b', 'a\\u{3164}b'],
    ['a blank Braille cell', 'a\u2800b', 'a\\u{2800}b'],
    ['a tag character', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['a variation selector', 'a\ufe0fb', 'a\\u{fe0f}b'],
    ['an invisible operator', 'a\u2062b', 'a\\u{2062}b'],
    ['half a surrogate pair', 'a\ud800b', 'a\\u{d800}b'],
    ['a private character', 'a\ue000b', 'a\\u{e000}b'],
    ['NUL', 'a\0b', 'a\\x00b'],
  ])('%s', (_name, text, shown) => {
    expect(sanitizeLine(text)).toBe(shown);
    expect(sanitizeBlock(text)).toBe(shown);
  });
});

test('a line shows its newlines and tabs, a block keeps them', () => {
  expect(sanitizeLine('a\n\tb')).toBe('a\\x0a\\x09b');
  expect(sanitizeBlock('a\n\tb')).toBe('a\n\tb');
});

test('readable text of any script passes unchanged', () => {
  const text = 'Grüße, Ωmega, Привет, 你好, こんにちは, שלום, नमस्ते, 🚀 — “quoted” €5 `rm -rf /`';
  expect(sanitizeLine(text)).toBe(text);
  expect(sanitizeBlock(text)).toBe(text);
});

test('whatever comes in, nothing unseen comes out, and twice is as once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = sanitizeLine(text);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
      expect(sanitizeLine(line)).toBe(line);
      expect(sanitizeBlock(text)).not.toMatch(/[^\P{Cc}\n\t]/u);
    }),
  );
});

test('a word of several look-alike alphabets is told from words of one', () => {
  expect(hasMixedScripts('p\u0430yments')).toBe(true);
  expect(hasMixedScripts('\u0391dmin')).toBe(true);
  expect(
    ['payments', 'платежи', 'web-1', 'größe', '日本語のテスト', ''].map(hasMixedScripts),
  ).toEqual(Array(6).fill(false));
});
