import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dearmor, verifySshsig } from '../../src/approval/ssh/sshsig.ts';
import { approvalNamespace, resolveNamespace } from '../../src/approval/statement/statement.ts';
import { RunbookError } from '../../src/base/errors.ts';
import { runTool } from '../../src/base/tool.ts';
import { openKeyFile } from '../../src/signers/key-file.ts';
import { testWith } from '../support/foreign.ts';
import { aFolder } from './folder.ts';
import { acceptedByOpenSsh, makeKey, publicLine } from './ssh-tools.ts';

const namespace = approvalNamespace;
const message = Buffer.from('{"decision":"approve","reason":"größer"}');
const withoutComment = (line: string): string => line.split(' ').slice(0, 2).join(' ');

describe.each([
  ['an Ed25519 key', ['-t', 'ed25519']],
  ['an ECDSA key', ['-t', 'ecdsa', '-b', '384']],
  ['an RSA key', ['-t', 'rsa', '-b', '3072']],
])('%s of OpenSSH', (_name, options) => {
  testWith(['ssh-keygen'], 'signs what both verifiers accept', async () => {
    const folder = aFolder();
    const path = makeKey(folder, 'key', ...options);
    const signer = openKeyFile(path);
    expect(signer.publicKey).toBe(withoutComment(publicLine(path)));
    const signature = await signer.sign(namespace, message);
    const claim = { folder, publicKey: signer.publicKey, namespace, message, signature };
    expect(acceptedByOpenSsh(claim)).toBe(true);
    expect(acceptedByOpenSsh({ ...claim, namespace: resolveNamespace })).toBe(false);
    expect(verify(signature)).toMatchObject({ publicKey: signer.publicKey, presence: false });
  });
});

test('a PKCS#8 key signs in this process', async () => {
  const path = join(aFolder(), 'key.pem');
  writeFileSync(path, pkcs8('ed25519'));
  const signer = openKeyFile(path);
  expect(verify(await signer.sign(namespace, message)).publicKey).toBe(signer.publicKey);
});

testWith(
  ['ssh-keygen', 'openssl'],
  'OpenSSH accepts what a PKCS#8 key of openssl signs',
  async () => {
    const folder = aFolder();
    const path = join(folder, 'key.pem');
    runTool(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', path]);
    const signer = openKeyFile(path);
    const signature = await signer.sign(namespace, message);
    const claim = { folder, publicKey: signer.publicKey, namespace, message, signature };
    expect(acceptedByOpenSsh(claim)).toBe(true);
    expect(acceptedByOpenSsh({ ...claim, message: Buffer.from('another') })).toBe(false);
  },
);

testWith(['ssh-keygen'], 'what ssh-keygen signs by itself verifies here', () => {
  const path = makeKey(aFolder(), 'key', '-t', 'ed25519');
  const argv = ['ssh-keygen', '-Y', 'sign', '-n', namespace, '-f', path];
  const signed = runTool(argv, { input: message });
  const evidence = verify(dearmor(signed.stdout.toString()).toString('base64'));
  expect(evidence.publicKey).toBe(withoutComment(publicLine(path)));
});

testWith(['ssh-keygen'], 'a key signs without its `.pub` file', async () => {
  const path = makeKey(aFolder(), 'key', '-t', 'ed25519');
  rmSync(`${path}.pub`);
  const signer = openKeyFile(path);
  expect(verify(await signer.sign(namespace, message)).publicKey).toBe(signer.publicKey);
});

testWith(['ssh-keygen'], 'a key behind a passphrase tells its public half without asking', () => {
  const path = makeKey(aFolder(), 'key', '-t', 'ed25519', '-N', 'correct horse');
  expect(openKeyFile(path).publicKey).toBe(withoutComment(publicLine(path)));
});

testWith(
  ['ssh-keygen'],
  'nothing of the message stays behind in the temporary folder',
  async () => {
    const path = makeKey(aFolder(), 'key', '-t', 'ed25519');
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('runbook-sign-'));
    const before = left();
    await openKeyFile(path).sign(namespace, message);
    expect(left()).toEqual(before);
  },
);

describe('a file that is no usable private key says what it is:', () => {
  test.each<[string, string, string]>([
    ['a public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlizSIN3DQV78VP bob', 'public key'],
    ['a public key of openssl', '-----BEGIN PUBLIC KEY-----\nMCow\n', 'public key'],
    ['an encrypted PKCS#8 key', '-----BEGIN ENCRYPTED PRIVATE KEY-----\n', 'older form'],
    ['an old RSA key', '-----BEGIN RSA PRIVATE KEY-----\n', 'older form'],
    ['a PKCS#8 key of another kind', pkcs8('ec'), 'of type `ec`'],
    ['a damaged PKCS#8 key', '-----BEGIN PRIVATE KEY-----\nAAAA\n', 'is damaged'],
    ['a damaged OpenSSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n', 'the private key'],
    ['a runbook', 'name: restart\n', 'holds no private key'],
    ['nothing', '', 'holds no private key'],
  ])('%s', (_name, content, words) => {
    const path = join(aFolder(), 'file');
    writeFileSync(path, content);
    expect(() => openKeyFile(path)).toThrow(words);
    expect(() => openKeyFile(path)).toThrow(path);
    expect(code(() => openKeyFile(path))).toBe('key_unreadable');
  });

  test('one that is not there, and a folder', () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'sub'));
    expect(() => openKeyFile(join(folder, 'none'))).toThrow('does not exist');
    expect(() => openKeyFile(join(folder, 'sub'))).toThrow('cannot be read (EISDIR)');
  });
});

testWith(
  ['ssh-keygen'],
  'a key that everybody may read is refused, as ssh-keygen does it',
  async () => {
    const path = makeKey(aFolder(), 'key', '-t', 'ed25519');
    chmodSync(path, 0o644);
    rmSync(`${path}.pub`);
    await expect(openKeyFile(path).sign(namespace, message)).rejects.toThrow('did not sign');
    expect(readFileSync(path, 'utf8')).toContain('OPENSSH');
  },
);

function verify(signature: string) {
  return verifySshsig({ signature: Buffer.from(signature, 'base64'), message, namespace });
}

function pkcs8(kind: 'ed25519' | 'ec'): string {
  const { privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function code(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof RunbookError ? error.code : error;
  }
}
