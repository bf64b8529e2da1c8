import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import { pkcs8Signer } from './pkcs8.ts';
import type { ApproverSigner } from './signer.ts';
import { keyFileSigner } from './ssh-keygen.ts';

/**
 * The signer for `--key FILE`, chosen by what the file holds: an OpenSSH private key signs through
 * `ssh-keygen`, a PKCS#8 Ed25519 key in this process. Throws UsageError `key_unreadable` that says what
 * the file is instead.
 */
export function openKeyFile(path: string): ApproverSigner {
  const text = readText(path);
  const kind = /^-----BEGIN ([A-Z0-9 ]+)-----/m.exec(text)?.[1] ?? '';
  switch (kind) {
    case 'OPENSSH PRIVATE KEY':
      return keyFileSigner(path);
    case 'PRIVATE KEY':
      return pkcs8Signer(importKey(text, path));
    case 'ENCRYPTED PRIVATE KEY':
    case 'RSA PRIVATE KEY':
    case 'EC PRIVATE KEY':
    case 'DSA PRIVATE KEY':
      return refuse(path, `holds a key in an older form (\`${kind}\`)`, `ssh-keygen -p -f ${path}`);
    default:
      return isPublicKey(text)
        ? refuse(path, 'holds a public key, which cannot sign', 'name the file without `.pub`')
        : refuse(path, 'holds no private key', 'name the file that `ssh-keygen` wrote');
  }
}

function isPublicKey(text: string): boolean {
  return /^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text.trim()) || text.includes('PUBLIC KEY');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    return refuse(path, why, 'name a private key file of your own, or use `--ssh-agent`');
  }
}

function importKey(text: string, path: string): KeyObject {
  const key = readPkcs8(text);
  if (key?.asymmetricKeyType === 'ed25519') {
    return key;
  }
  const what =
    key === null
      ? 'is damaged'
      : `holds a PKCS#8 key of type \`${key.asymmetricKeyType}\`, and only Ed25519 signs in process`;
  return refuse(path, what, 'make an OpenSSH key with `ssh-keygen -t ed25519`');
}

function readPkcs8(text: string): KeyObject | null {
  try {
    return createPrivateKey(text);
  } catch {
    return null;
  }
}

function refuse(path: string, what: string, hint: string): never {
  throw new UsageError({ code: 'key_unreadable', message: `\`${path}\` ${what}`, hint });
}
