import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { canonicalize } from '../../src/base/jcs.ts';
import {
  decodeLeaf,
  encodeLeaf,
  type Leaf,
  leafHash,
  maxLeafBytes,
} from '../../src/journal/leaf.ts';

const leaf: Leaf = {
  v: 1,
  origin: 'runbook.local/web1/0k3v',
  seq: 7,
  type: 'step.started',
  time: '2026-11-21T22:00:00.000Z',
  mono: 123_456_789,
  boot: '9b2f',
  run: 'c0ffee0000000000',
  cmd: 'f00d.1',
  data: { step: 'restart', attempt: 1 },
};

test('a leaf is its canonical text, and is read back as it was', () => {
  const bytes = encodeLeaf(leaf);
  expect(bytes.toString()).toBe(
    '{"boot":"9b2f","cmd":"f00d.1","data":{"attempt":1,"step":"restart"},"mono":123456789,' +
      '"origin":"runbook.local/web1/0k3v","run":"c0ffee0000000000","seq":7,' +
      '"time":"2026-11-21T22:00:00.000Z","type":"step.started","v":1}',
  );
  expect(decodeLeaf(bytes)).toEqual(leaf);
});

test('an entry without a run is a leaf too', () => {
  expect(decodeLeaf(encodeLeaf({ ...leaf, run: null })).run).toBeNull();
});

test('a leaf is hashed behind a zero byte, so that it never passes for a node', () => {
  const expected = createHash('sha256')
    .update(Buffer.from([0]))
    .update('abc')
    .digest();
  expect(leafHash(Buffer.from('abc'))).toEqual(expected);
});

test('a leaf of 65,535 bytes fits, one of 65,536 does not', () => {
  const empty = encodeLeaf({ ...leaf, data: { text: '' } }).length;
  const fill = (bytes: number) => ({ ...leaf, data: { text: 'x'.repeat(bytes - empty) } });
  expect(decodeLeaf(encodeLeaf(fill(maxLeafBytes)))).toEqual(fill(maxLeafBytes));
  expect(() => encodeLeaf(fill(maxLeafBytes + 1))).toThrow(
    expect.objectContaining({ name: 'UsageError', code: 'entry_too_large' }),
  );
  expect(() => decodeLeaf(Buffer.from(canonicalize(fill(maxLeafBytes + 1))))).toThrow(
    expect.objectContaining({ code: 'E_LEAF' }),
  );
});

const wrong: readonly (readonly [string, object])[] = [
  ['another version', { v: 2 }],
  ['an origin with a space', { origin: 'a b' }],
  ['a negative index', { seq: -1 }],
  ['an index that is text', { seq: '7' }],
  ['no type', { type: '' }],
  ['a time without milliseconds', { time: '2026-11-21T22:00:00Z' }],
  ['a time in another zone', { time: '2026-11-21T22:00:00.000+01:00' }],
  ['a date that does not exist', { time: '2026-02-30T22:00:00.000Z' }],
  ['an hour that does not exist', { time: '2026-02-20T25:00:00.000Z' }],
  ['a clock that is text', { mono: '1' }],
  ['an empty boot', { boot: '' }],
  ['an empty run', { run: '' }],
  ['a number as its run', { run: 1 }],
  ['an empty command id', { cmd: '' }],
  ['a list as its data', { data: [] }],
  ['no data', { data: null }],
  ['an unknown key', { extra: 1 }],
  ['the key `__proto__`', JSON.parse('{"__proto__":1}') as object],
  ['the key `toString`', { toString: 1 }],
];

test.each(wrong)('an entry with %s is no leaf, to be read or written', (_name, change) => {
  const value = Object.fromEntries([...Object.entries(leaf), ...Object.entries(change)]);
  if (Object.hasOwn(change, '__proto__')) {
    Object.defineProperty(value, '__proto__', { value: 1, enumerable: true });
  }
  expect(() => decodeLeaf(Buffer.from(canonicalize(value)))).toThrow(
    expect.objectContaining({ name: 'IntegrityError', code: 'E_LEAF' }),
  );
  expect(() => encodeLeaf(value as unknown as Leaf)).toThrow(
    expect.objectContaining({ name: 'InternalError', code: 'leaf_invalid' }),
  );
});

test.each(Object.keys(leaf))('an entry without `%s` is no leaf', (key) => {
  const value = Object.fromEntries(Object.entries(leaf).filter(([name]) => name !== key));
  expect(() => decodeLeaf(Buffer.from(canonicalize(value)))).toThrow(
    expect.objectContaining({ code: 'E_LEAF' }),
  );
});

const text = encodeLeaf(leaf).toString();

test.each([
  ['white space', ` ${text}`],
  ['a trailing newline', `${text}\n`],
  ['a byte order mark', `\ufeff${text}`],
  ['a duplicate key', text.replace('"seq":7', '"seq":7,"seq":7')],
  ['another order', text.replace('"type":"step.started","v":1', '"v":1,"type":"step.started"')],
  ['another spelling of its index', text.replace('"seq":7', '"seq":7.0')],
  ['a fraction in its data', text.replace('"attempt":1', '"attempt":1.5')],
  ['a number that not every language reads', text.replace(':123456789', ':9007199254740992')],
  ['half a surrogate pair', text.replace('restart', '\\ud800')],
  ['nothing', ''],
])('an entry with %s is not canonical', (_name, altered) => {
  expect(() => decodeLeaf(Buffer.from(altered))).toThrow(
    expect.objectContaining({ name: 'IntegrityError', code: 'E_CANON' }),
  );
});

test('bytes that are not UTF-8 are not canonical', () => {
  const bytes = Buffer.from(text.replace('restart', 'rest\u0000rt').replace('\u0000', 'X'));
  bytes[bytes.indexOf('restXrt') + 4] = 0xff;
  expect(() => decodeLeaf(bytes)).toThrow(expect.objectContaining({ code: 'E_CANON' }));
});
