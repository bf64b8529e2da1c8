import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { commitment, digestWords, sha256, sha256Bytes } from '../../src/base/digest.ts';
import { editDistance } from '../../src/base/suggest.ts';
import { words } from '../../src/base/words.ts';

test('sha256 hashes text as UTF-8 and answers lower-case hex', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256('ü')).toBe(sha256(Buffer.from([0xc3, 0xbc])));
});

test('sha256Bytes hashes its parts as if they were one', () => {
  const whole = sha256Bytes(Buffer.from('abc'));
  expect(sha256Bytes(Buffer.from('a'), Buffer.alloc(0), Buffer.from('bc'))).toEqual(whole);
  expect(whole.toString('hex')).toBe(sha256('abc'));
});

test('a commitment is HMAC-SHA-256 over path, NUL and value', () => {
  const salt = Buffer.alloc(32, 7);
  const expected = createHmac('sha256', salt)
    .update(Buffer.concat([Buffer.from('params.token'), Buffer.from([0]), Buffer.from('hünter2')]))
    .digest('hex');
  expect(commitment(salt, 'params.token', 'hünter2')).toBe(expected);
});

test('a commitment changes with salt, path and value, and where path ends and value begins', () => {
  const salt = Buffer.alloc(32, 7);
  const all = [
    commitment(salt, 'ab', 'c'),
    commitment(salt, 'a', 'bc'),
    commitment(salt, 'ab', 'd'),
    commitment(Buffer.alloc(32, 8), 'ab', 'c'),
  ];
  expect(new Set(all).size).toBe(4);
});

test('a digest is spoken as four words and eight hex characters', () => {
  const digest = sha256('abc');
  expect(digestWords(digest)).toBe(
    [words[0xba], words[0x78], words[0x16], words[0xbf], '8f01cfea'].join('-'),
  );
  expect(digestWords(digest)).toBe('plastic-ivory-beacon-pumpkin-8f01cfea');
});

test('there are 256 words, of 3 to 7 plain letters', () => {
  expect(new Set(words).size).toBe(256);
  for (const word of words) {
    expect(word).toMatch(/^[a-z]{3,7}$/);
  }
});

test('no two words are a slip of the tongue apart', () => {
  for (const [at, word] of words.entries()) {
    for (const other of words.slice(at + 1)) {
      expect(editDistance(word, other), `${word} ${other}`).toBeGreaterThan(1);
    }
  }
});
