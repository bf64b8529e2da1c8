import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeUtf8 } from '../../src/base/utf8.ts';

test('text reads back as it was, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeUtf8(Buffer.from(text))).toEqual({ text: Buffer.from(text).toString() });
    }),
  );
});

test('a byte that is no UTF-8 is found in its line, and nothing is put in its place', () => {
  const lines = fc.array(fc.stringMatching(/^[a-zü€]{0,5}$/), { minLength: 1, maxLength: 6 });
  const bad = fc.constantFrom([0xff], [0xc3], [0xe2, 0x82], [0xc0, 0x80], [0xed, 0xa0, 0x80]);
  fc.assert(
    fc.property(lines, fc.nat(), bad, (texts, pick, bytes) => {
      const at = pick % texts.length;
      const parts = texts.map((text, index) =>
        Buffer.concat([Buffer.from(text), Buffer.from(index === at ? bytes : [])]),
      );
      const file = Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
      expect(decodeUtf8(file)).toEqual({ badLine: at + 1 });
    }),
  );
});
