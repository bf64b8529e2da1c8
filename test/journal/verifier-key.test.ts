import { expect, test } from 'vitest';
import {
  formatVerifierKey,
  isKeyName,
  keyId,
  parseVerifierKey,
} from '../../src/journal/verifier-key.ts';
import { aSigner } from '../support/signer.ts';

const refused: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_KEY' });

// The example key of Go's golang.org/x/mod/sumdb/note.
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

test("Go's example key is read, and written as it was", () => {
  const { name, publicKey } = parseVerifierKey(peter);
  expect(name).toBe('PeterNeumann');
  expect(keyId(name, publicKey).toString('hex')).toBe('c74f20a3');
  expect(formatVerifierKey(name, publicKey)).toBe(peter);
});

const { publicKey } = aSigner('log');
const own = formatVerifierKey('log', publicKey);

test.each([
  ['nothing', ''],
  ['only a name', 'log'],
  ['another key id', own.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
  ['upper-case hex', own.replace(/\+[0-9a-f]{8}\+/, (id) => id.toUpperCase())],
  ['another name', own.replace('log', 'dog')],
  ['a space in its name', own.replace('log', 'l og')],
  ['no name', own.replace('log', '')],
  ['another type', typed(0x02)],
  ['a witness type', typed(0x04)],
  ['a short key', formatVerifierKey('log', publicKey.subarray(1))],
  ['a low-order key', formatVerifierKey('log', Buffer.alloc(32))],
  ['a newline at its end', `${own}\n`],
  ['loose base64', `${own}=`],
])('a verifier key with %s is refused', (_name, text) => {
  expect(() => parseVerifierKey(text)).toThrow(refused);
});

test("a witness's key is read as one, and as nothing else", () => {
  const cosigner = formatVerifierKey('log', publicKey, 'cosignature');
  expect(Buffer.from(cosigner.split('+').slice(2).join('+'), 'base64')[0]).toBe(0x04);
  expect(parseVerifierKey(cosigner, 'cosignature')).toEqual({ name: 'log', publicKey });
  expect(() => parseVerifierKey(cosigner)).toThrow(refused);
  expect(() => parseVerifierKey(own, 'cosignature')).toThrow(refused);
});

test.each(['runbook.local/web1/0k3v', 'a', 'größe.example', '日本'])(
  '`%s` can name a key',
  (name) => {
    expect(isKeyName(name)).toBe(true);
  },
);

test.each(['', ' ', 'a b', 'a\tb', 'a+b', 'a\nb', 'a\u00a0b', 'a\0b', 'a\x85b', 'a\ud800'])(
  '%j cannot name a key',
  (name) => {
    expect(isKeyName(name)).toBe(false);
  },
);

function typed(type: number): string {
  const bytes = Buffer.concat([Buffer.from([type]), publicKey]);
  return `log+${keyId('log', publicKey).toString('hex')}+${bytes.toString('base64')}`;
}
