import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fingerprint,
  formatPublicKey,
  parsePublicKey,
  parsePublicKeyBlob,
} from '../../src/approval/ssh/ssh-key.ts';
import { readWire, wireString } from '../../src/approval/ssh/ssh-wire.ts';
import { RunbookError } from '../../src/base/errors.ts';
import { runTool } from '../../src/base/tool.ts';
import { testWith } from '../support/foreign.ts';

const folder = join(import.meta.dirname, '../fixtures/vectors/sshsig');
const lines = readdirSync(folder)
  .filter((name) => name.endsWith('.pub'))
  .map((name): [string, string] => [name, readFileSync(join(folder, name), 'utf8')]);
const [, ed25519 = ''] = lines.find(([name]) => name === 'ed25519.pub') ?? [];
const [type = '', base64 = ''] = ed25519.split(' ');

describe.each(lines)("OpenSSH's %s", (_name, line) => {
  test('is read, and written again without its comment', () => {
    const key = parsePublicKey(line);
    expect(formatPublicKey(key)).toBe(line.split(' ').slice(0, 2).join(' ').trim());
    expect(parsePublicKeyBlob(key.blob)).toEqual(key);
  });

  test('is refused cut off anywhere, and with a byte more', () => {
    const { blob } = parsePublicKey(line);
    for (let length = 0; length < blob.length; length++) {
      expect(code(() => parsePublicKeyBlob(blob.subarray(0, length)))).toMatch(/^key_/);
    }
    expect(code(() => parsePublicKeyBlob(Buffer.concat([blob, Buffer.alloc(1)])))).toBe(
      'key_unreadable',
    );
  });
});

test.each([
  ['another comment', `${type} ${base64} somebody else`],
  ['no comment', `${type} ${base64}`],
  ['spaces and a line end', `  ${type}\t${base64}  \r\n`],
])('a key is the same with %s', (_name, line) => {
  expect(formatPublicKey(parsePublicKey(line))).toBe(`${type} ${base64}`);
});

test.each([
  ['nothing', '', 'begins with ``'],
  ['half a line', type, 'ends after 0 bytes'],
  ['broken base64', `${type} ${base64.slice(0, -3)}`, 'is not base64'],
  ['base64 in a second spelling', `${type} ${base64}=`, 'is not base64'],
  ['two lines', `${type} ${base64}\n${type} ${base64}`, 'more than one line'],
  ['options in front', `restrict ${type} ${base64}`, 'begins with `restrict`'],
  ['an old kind', `ssh-dss ${base64}`, 'begins with `ssh-dss`'],
  ['a certificate', `ssh-ed25519-cert-v01@openssh.com ${base64}`, 'only `ssh-ed25519`'],
  ['another kind than it says', `ssh-rsa ${base64}`, 'calls itself `ssh-rsa`'],
  ['a word that objects know', `constructor ${base64}`, 'begins with `constructor`'],
])('%s is no key', (_name, line, message) => {
  expect(() => parsePublicKey(line)).toThrow(message);
  expect(code(() => parsePublicKey(line))).toBe('key_unreadable');
});

test.each(['-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza', 'PuTTY-User-Key-File-3: ssh-ed25519'])(
  'a private key pasted by mistake is said to be one, and never repeated: %j',
  (text) => {
    expect(code(() => parsePublicKey(text))).toBe('key_private');
    expect(() => parsePublicKey(text)).not.toThrow('b3BlbnNza');
  },
);

describe('a key that would make approvals worthless is refused', () => {
  const modulus = Buffer.alloc(384, 0xff);

  test.each([
    ['an RSA key of 2048 bits', () => rsaBlob(modulus.subarray(128), 65_537), 'of 2048 bits'],
    ['an RSA key one bit short', () => rsaBlob(Buffer.alloc(384, 0x7f), 3), 'of 3071 bits'],
    ['an RSA key that signs everything alike', () => rsaBlob(modulus, 1), 'exponent'],
    ['an RSA key with an even exponent', () => rsaBlob(modulus, 65_536), 'exponent'],
    ['an Ed25519 key of low order', () => ed25519Blob(Buffer.alloc(32)), 'low order'],
    ['an Ed25519 key in a second spelling', () => ed25519Blob(Buffer.alloc(32, 0xff)), 'spelling'],
    [
      'a security key of low order',
      () =>
        Buffer.concat([
          wireString('sk-ssh-ed25519@openssh.com'),
          wireString(Buffer.alloc(32)),
          wireString('ssh:'),
        ]),
      'low order',
    ],
  ])('%s', (_name, blob, message) => {
    expect(code(() => parsePublicKeyBlob(blob()))).toBe('key_weak');
    expect(() => parsePublicKeyBlob(blob())).toThrow(message);
  });

  test('but RSA with 3072 bits is taken', () => {
    expect(code(() => parsePublicKeyBlob(rsaBlob(modulus, 65_537)))).toBeUndefined();
  });
});

test('one key has one spelling', () => {
  const [, line = ''] = lines.find(([name]) => name === 'rsa.pub') ?? [];
  const wire = readWire(parsePublicKey(line).blob, (what) => expect.fail(what));
  wire.text();
  const [e, n] = [wire.string(), wire.string()];
  const again = (modulus: Buffer) =>
    code(() =>
      parsePublicKeyBlob(
        Buffer.concat([wireString('ssh-rsa'), wireString(e), wireString(modulus)]),
      ),
    );
  expect(again(n)).toBeUndefined();
  expect(again(Buffer.concat([Buffer.alloc(1), n]))).toBe('key_unreadable');
  expect(again(n.subarray(1))).toBe('key_unreadable');
});

test('a point that is not on its curve is no key', () => {
  const [, line = ''] = lines.find(([name]) => name === 'ecdsa.pub') ?? [];
  const blob = Buffer.from(parsePublicKey(line).blob);
  blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
  expect(code(() => parsePublicKeyBlob(blob))).toBe('key_unreadable');
});

test('whatever stands in a key, it is read or refused, and nothing else happens', () => {
  const blobs = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.constantFrom('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256'), fc.uint8Array())
      .map(([name, rest]) => Buffer.concat([wireString(name), rest])),
  );
  fc.assert(
    fc.property(blobs, (bytes) => {
      expect([undefined, 'key_unreadable', 'key_weak']).toContain(
        code(() => parsePublicKeyBlob(Buffer.from(bytes))),
      );
    }),
  );
});

testWith(['ssh-keygen'], 'fingerprints are those that ssh-keygen prints', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'runbook-test-'));
  try {
    for (const [name, line] of lines) {
      const path = join(temporary, name);
      writeFileSync(path, line);
      const printed = runTool(['ssh-keygen', '-l', '-f', path]).stdout.toString();
      expect(printed.split(' ')[1]).toBe(fingerprint(parsePublicKey(line)));
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
});

testWith(['ssh-keygen'], 'keys of every curve that ssh-keygen makes are read', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'runbook-test-'));
  try {
    for (const bits of ['256', '384', '521']) {
      const path = join(temporary, bits);
      runTool(['ssh-keygen', '-q', '-t', 'ecdsa', '-b', bits, '-N', '', '-f', path]);
      const line = readFileSync(`${path}.pub`, 'utf8');
      expect(parsePublicKey(line).type).toBe(`ecdsa-sha2-nistp${bits}`);
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
});

function ed25519Blob(raw: Buffer): Buffer {
  return Buffer.concat([wireString('ssh-ed25519'), wireString(raw)]);
}

function rsaBlob(n: Buffer, e: number): Buffer {
  const exponent = Buffer.from(e.toString(16).padStart(6, '0'), 'hex');
  const short = exponent.subarray(exponent.findIndex((byte) => byte !== 0));
  const modulus = n.readUInt8() >= 0x80 ? Buffer.concat([Buffer.alloc(1), n]) : n;
  return Buffer.concat([wireString('ssh-rsa'), wireString(short), wireString(modulus)]);
}

function code(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof RunbookError ? error.code : error;
  }
}
