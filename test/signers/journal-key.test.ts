import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importEd25519 } from '../../src/base/ed25519.ts';
import { runTool } from '../../src/base/tool.ts';
import { openJournalKey } from '../../src/signers/journal-key.ts';
import { testWith } from '../support/foreign.ts';
import { aFolder } from './folder.ts';

const name = 'runbook.example/4f2a';
const message = Buffer.from('a checkpoint');

test('the first command makes the key, and everybody after it gets the same one', () => {
  const folder = aFolder();
  const path = join(folder, 'journal.key');
  const made = openJournalKey(path, name, true);
  expect(made.name).toBe(name);
  expect(made.publicKey).toHaveLength(32);
  expect(statSync(path).mode & 0o7777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['journal.key']);
  const pem = readFileSync(path);
  for (const create of [false, true]) {
    expect(openJournalKey(path, name, create).publicKey).toEqual(made.publicKey);
  }
  expect(readFileSync(path)).toEqual(pem);
});

test('what it signs verifies with its public key', () => {
  const signer = openJournalKey(join(aFolder(), 'key'), name, true);
  const signature = signer.sign(message);
  expect(signature).toHaveLength(64);
  expect(verify(null, message, importEd25519(signer.publicKey), signature)).toBe(true);
});

testWith(['openssl'], 'openssl verifies what it signs', () => {
  const folder = aFolder();
  const path = join(folder, 'key');
  const signer = openJournalKey(path, name, true);
  const [input, signature, key] = ['message', 'signature', 'public'].map((it) => join(folder, it));
  writeFileSync(input ?? '', message);
  writeFileSync(signature ?? '', signer.sign(message));
  const pem = createPublicKey(readFileSync(path)).export({ type: 'spki', format: 'pem' });
  writeFileSync(key ?? '', pem);
  const argv = `pkeyutl -verify -rawin -pubin -inkey ${key} -in ${input} -sigfile ${signature}`;
  expect(runTool(['openssl', ...argv.split(' ')]).exitCode).toBe(0);
});

test('a journal that exists is never continued with a new key', () => {
  const path = join(aFolder(), 'key');
  expect(() => openJournalKey(path, name, false)).toThrow(
    expect.objectContaining({ code: 'journal_key_missing', exitCode: 18 }),
  );
  expect(existsSync(path)).toBe(false);
});

test.each([0o644, 0o640, 0o604, 0o660])(
  "a key of mode %o could be somebody else's already",
  (mode) => {
    const path = join(aFolder(), 'key');
    openJournalKey(path, name, true);
    chmodSync(path, mode);
    for (const create of [false, true]) {
      expect(() => openJournalKey(path, name, create)).toThrow(
        expect.objectContaining({ code: 'key_exposed', exitCode: 2 }),
      );
    }
  },
);

test('a link is not followed to a key', () => {
  const folder = aFolder();
  const path = join(folder, 'key');
  openJournalKey(path, name, true);
  symlinkSync(path, join(folder, 'link'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  for (const link of ['link', 'dangling']) {
    expect(() => openJournalKey(join(folder, link), name, true)).toThrow(
      expect.objectContaining({ code: 'journal_key_unreadable' }),
    );
  }
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});

test.each([
  ['nothing', ''],
  ['half a key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw'],
  ['a key of another kind', anEcKey()],
])('a file that holds %s is not replaced', (_name, content) => {
  const path = join(aFolder(), 'key');
  writeFileSync(path, content, { mode: 0o600 });
  expect(() => openJournalKey(path, name, true)).toThrow(
    expect.objectContaining({ code: 'journal_key_unreadable', exitCode: 18 }),
  );
  expect(readFileSync(path, 'utf8')).toBe(content);
});

test('where no key can be written, the journal cannot either', () => {
  const path = join(aFolder(), 'none', 'key');
  expect(() => openJournalKey(path, name, true)).toThrow(
    expect.objectContaining({ code: 'journal_key_unwritable', exitCode: 18 }),
  );
});

function anEcKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
