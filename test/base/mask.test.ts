import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMasker, maskText } from '../../src/base/mask.ts';
import { secretVariants } from '../../src/base/secret-variants.ts';

const secret = 'hunter2/ü+&"x';

describe('a secret is blotted out', () => {
  const bytes = Buffer.from(secret);
  test.each([
    ['as it is', secret],
    ['in base64', bytes.toString('base64')],
    ['in base64 for URLs', bytes.toString('base64url')],
    ['as JSON', JSON.stringify(secret).slice(1, -1)],
    ['as ASCII-only JSON', 'hunter2/\\u00fc+&\\"x'],
    ['as JSON of PHP', 'hunter2\\/\\u00fc+&\\"x'],
    ['as JSON of Go', 'hunter2/ü+\\u0026\\"x'],
    ['percent-encoded', encodeURIComponent(secret)],
    ['percent-encoded in lower case', encodeURIComponent(secret).toLowerCase()],
    ['in a form', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['in a path', encodeURI(secret)],
    ["as Python's quote writes it", 'hunter2/%C3%BC%2B%26%22x'],
    ["as Go's PathEscape writes it", 'hunter2%2F%C3%BC+&%22x'],
    ["as Go's QueryEscape writes it", 'hunter2%2F%C3%BC%2B%26%22x'],
    ['with every byte escaped', [...bytes].map((byte) => `%${byte.toString(16)}`).join('')],
  ])('%s', (_name, spelling) => {
    expect(maskText(`before ${spelling} after`, [secret])).toBe('before *** after');
  });

  test.each([
    ['ab/cd+ef==', 'ab/cd%2Bef%3D%3D'],
    ['ab/cd+ef==', 'ab%2Fcd+ef=='],
    ['ab/cd+ef==', '%61b%2fcd%2Bef=%3d'],
    ['pass word/1', 'pass+word%2F1'],
    ['pass word/1', 'pass%20word/1'],
    ['pass word/1', 'pass+word/1'],
    ['100%41sure', '100%2541sure'],
    ['100%41sure', '100%41sure'],
  ])('%j percent-encoded as %s', (value, spelling) => {
    for (const before of ['', 'x=', '%', '%4', '%%', '%41', 'b']) {
      expect(maskText(`${before}${spelling}&y`, [value])).toBe(`${before}***&y`);
    }
  });

  test.each([0, 1, 2, 3, 4, 5])('inside base64 text, after %d other bytes', (before) => {
    const text = Buffer.from(`${'u'.repeat(before)}:${secret}:and more`).toString('base64');
    const masked = maskText(text, [secret]);
    expect(masked).toMatch(/^[A-Za-z0-9]*\*\*\*[A-Za-z0-9]+={0,2}$/);
    expect(Buffer.from(masked.replace('***', ''), 'base64').toString()).not.toContain('hunt');
  });

  test('line by line, where it has several', () => {
    const key = '-----BEGIN KEY-----\n  b3BlbnNzaC1r\r\n\n  ZXktdjEAAAAA\n-----END KEY-----\n';
    expect(maskText(key, [key])).toBe('***');
    expect(maskText('> b3BlbnNzaC1r\n> ZXktdjEAAAAA\n', [key])).toBe('> ***\n> ***\n');
    expect(maskText(JSON.stringify({ key }), [key])).toBe('{"key":"***"}');
    expect(maskText(Buffer.from('ZXktdjEAAAAA').toString('base64'), [key])).toBe('***');
  });
});

test('overlapping occurrences leave nothing between them', () => {
  expect(maskText('xabcabcabcx', ['abcab', 'cabc'])).toBe('x***x');
  expect(maskText('aaaaaaa', ['aaa'])).toBe('***');
  expect(maskText('abcdefgh', ['abc', 'abcdef', 'def'])).toBe('***gh');
});

test('neighbours are blotted one by one', () => {
  expect(maskText('s3cret-s3crets3cret', ['s3cret'])).toBe('***-******');
});

test('a secret of one or two bytes is not searched for', () => {
  expect(secretVariants('')).toEqual([]);
  expect(secretVariants('ab')).toEqual([]);
  expect(maskText('abc', ['', 'a', 'ab'])).toBe('abc');
});

test('without secrets, chunks pass as they are', () => {
  const masker = createMasker([]);
  const chunk = Buffer.from('anything');
  expect(masker.push(chunk)).toBe(chunk);
  expect(masker.end()).toHaveLength(0);
});

test('only what may begin a secret is held back', () => {
  const masker = createMasker(['s3cret']);
  expect(masker.push(Buffer.from('say s3c')).toString()).toBe('say ');
  expect(masker.push(Buffer.from('ond')).toString()).toBe('s3cond');
  expect(masker.push(Buffer.from('s3cr')).toString()).toBe('');
  expect(masker.end().toString()).toBe('s3cr');
});

test('a blot that goes on and on is held in bounded memory, and shown once', () => {
  const masker = createMasker(['aaa']);
  const shown = Array.from({ length: 1000 }, () => masker.push(Buffer.from('a')).length);
  expect(shown.reduce((sum, length) => sum + length) + masker.end().length).toBe(3);
});

test('bytes that are not text pass unchanged', () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x80, 0xc3]);
  const masker = createMasker(['s3cret']);
  expect(Buffer.concat([masker.push(bytes), masker.end()])).toEqual(bytes);
});

/** Without `*`, of which a blot is made. */
const anySecret = fc
  .oneof(
    fc.string({ minLength: 3, maxLength: 24 }),
    fc.string({ minLength: 3, maxLength: 12, unit: 'binary' }),
    fc.stringMatching(/^[ab]{3,6}$/),
    fc.stringMatching(/^[ab]{2,4}(\r?\n[ab]{2,4}){1,2}$/),
  )
  .filter((text) => !text.includes('*') && !/\p{Surrogate}/u.test(text));

const anyScene = fc
  .record({
    secrets: fc.array(anySecret, { minLength: 1, maxLength: 3 }),
    filler: fc.array(fc.stringMatching(/^[ab %\\/=\n]{0,5}$/), { minLength: 6, maxLength: 6 }),
    picks: fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
    cuts: fc.array(fc.nat({ max: 40 }), { maxLength: 20 }),
  })
  .map(({ secrets, filler, picks, cuts }) => {
    const variants = secrets.flatMap(secretVariants);
    const planted = picks.map((pick) => variants[pick % variants.length] ?? '');
    const text = filler.map((piece, at) => piece + (planted[at] ?? '')).join('');
    return { secrets, variants, text, cuts };
  });

/** The secret with some of its bytes escaped, in either case, in text that does not spell it by chance. */
const anyEncoded = fc
  .record({
    secret: anySecret.filter((text) => !/[&?z]/.test(text)),
    before: fc.stringMatching(/^([cd]|%[0-9a-f]{2}|%)*[&?]$/),
    choices: fc.array(fc.constantFrom('plain', 'upper', 'lower'), { minLength: 72, maxLength: 72 }),
    blank: fc.constantFrom(' ', '+'),
    cuts: fc.array(fc.nat({ max: 12 }), { maxLength: 20 }),
    filler: fc.constantFrom('', 'z'.repeat(200)),
  })
  .filter(({ secret, before, filler }) =>
    secretVariants(secret).every((variant) => !`${filler}${before}`.includes(variant)),
  );

function encodeByte(byte: number, choice = 'upper'): Buffer {
  if (choice === 'plain' && byte !== 0x25) {
    return Buffer.from([byte]);
  }
  const hex = byte.toString(16).padStart(2, '0');
  return Buffer.from(`%${choice === 'upper' ? hex.toUpperCase() : hex}`);
}

test('percent-encoding hides nothing, whichever bytes are escaped and however the output is split', () => {
  fc.assert(
    fc.property(anyEncoded, ({ secret, before, choices, blank, cuts, filler }) => {
      const encoded = [...Buffer.from(secret)].map((byte, at) =>
        blank === '+' && byte === 0x20 ? Buffer.from(blank) : encodeByte(byte, choices[at]),
      );
      const text = Buffer.concat([
        Buffer.from(filler + before),
        ...encoded,
        Buffer.from(`&${filler}`),
      ]);
      const masked = maskInPieces(text, [secret], cuts);
      expect(masked.toString()).toBe(`${filler}${before}***&${filler}`);
      expect(createMasker([secret]).push(text).length).toBeLessThanOrEqual(masked.length);
    }),
    { numRuns: 1000 },
  );
});

test('no spelling of any secret comes out, however the output is split', () => {
  fc.assert(
    fc.property(anyScene, ({ secrets, variants, text, cuts }) => {
      const whole = maskText(text, secrets);
      expect(variants.filter((variant) => whole.includes(variant))).toEqual([]);
      expect(maskInPieces(Buffer.from(text), secrets, cuts).toString()).toBe(whole);
    }),
    { numRuns: 300 },
  );
});

test('what is not masked is exactly what stood between the occurrences', () => {
  fc.assert(
    fc.property(anyScene, ({ secrets, variants, text }) => {
      expect(maskText(text, secrets)).toBe(maskSlowly(Buffer.from(text), variants));
    }),
    { numRuns: 300 },
  );
});

test('text without a secret passes unchanged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat({ max: 30 })), (raw, cuts) => {
      const bytes = Buffer.from(raw);
      const secrets = ['correct horse battery staple', 'hunter2hunter2'];
      expect(maskInPieces(bytes, secrets, cuts)).toEqual(bytes);
    }),
  );
});

test('masking is fast enough for large output', () => {
  const chunk = Buffer.from('an ordinary line of a log, nothing to see\n'.repeat(1500));
  const masker = createMasker(Array.from({ length: 5 }, (_, at) => `an0rdinary-secret-${at}`));
  const began = performance.now();
  for (let sent = 0; sent < 20 * 1024 * 1024; sent += chunk.length) {
    masker.push(chunk);
  }
  expect(performance.now() - began).toBeLessThan(4000);
});

function maskInPieces(bytes: Buffer, secrets: readonly string[], cuts: readonly number[]): Buffer {
  const masker = createMasker(secrets);
  const out: Buffer[] = [];
  let at = 0;
  for (const length of cuts) {
    out.push(masker.push(bytes.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat([...out, masker.push(bytes.subarray(at)), masker.end()]);
}

/** The same promise, kept naively: every byte of every occurrence marked, every marked stretch a blot. */
function maskSlowly(bytes: Buffer, variants: readonly string[]): string {
  const spans = variants
    .map((variant) => Buffer.from(variant))
    .flatMap((needle) =>
      [...bytes.keys()]
        .filter((at) => bytes.subarray(at, at + needle.length).equals(needle))
        .map((at) => ({ from: at, to: at + needle.length })),
    )
    .sort((a, b) => a.from - b.from || b.to - a.to);
  let out = '';
  let end = 0;
  for (const { from, to } of spans) {
    if (from >= end) {
      out += `${bytes.subarray(end, from).toString('latin1')}***`;
    }
    end = Math.max(end, to);
  }
  return Buffer.from(out + bytes.subarray(end).toString('latin1'), 'latin1').toString();
}
