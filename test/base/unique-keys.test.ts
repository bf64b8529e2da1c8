import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasUniqueKeys } from '../../src/base/unique-keys.ts';

test('whatever JSON.stringify writes names no key twice', () => {
  fc.assert(fc.property(fc.json(), (text) => hasUniqueKeys(text)));
});

test.each([
  '{"a":1,"a":2}',
  '{"a":{"b":1,"c":[{"d":1,"d":1}]}}',
  '{"a":1, "\\u0061" : 2}',
  '{"\\"":1,"\\"":2}',
  '[{"x":"}"},{"y":1,"y":1}]',
])('a key that stands twice is found in %s', (text) => {
  expect(hasUniqueKeys(text)).toBe(false);
});

test.each([
  '{"a":"a"}',
  '{"a":{"a":{}},"b":[{"a":1},{"a":2}]}',
  '{"a":"\\"a\\":1,\\"a\\":2"}',
  '"a"',
])('the same word elsewhere is no second key in %s', (text) => {
  expect(hasUniqueKeys(text)).toBe(true);
});
