import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatPublicKey, parsePublicKeyBlob } from '../approval/ssh/ssh-key.ts';
import { readWire } from '../approval/ssh/ssh-wire.ts';
import { dearmor } from '../approval/ssh/sshsig.ts';
import { UsageError } from '../base/errors.ts';
import { runTool } from '../base/tool.ts';
import type { ApproverSigner } from './signer.ts';

/** Time to find a passphrase, or a security key in a drawer. */
const timeoutMs = 10 * 60_000;

/**
 * Signs with an OpenSSH private key file through `ssh-keygen -Y sign`, which asks for the passphrase and
 * the touch on the terminal itself: neither the key nor the passphrase comes into this process.
 */
export function keyFileSigner(path: string): ApproverSigner {
  return {
    publicKey: readPublicHalf(path),
    sign: async (namespace, message) => signWithKeygen(path, namespace, message).toString('base64'),
  };
}

function signWithKeygen(path: string, namespace: string, message: Buffer): Buffer {
  // The message goes through a file: with anything but the terminal on stdin, no passphrase is asked.
  const folder = mkdtempSync(join(tmpdir(), 'runbook-sign-'));
  try {
    const file = join(folder, 'statement');
    writeFileSync(file, message, { mode: 0o600 });
    const argv = ['ssh-keygen', '-q', '-Y', 'sign', '-n', namespace, '-f', path, file];
    if (runTool(argv, { tty: true, timeoutMs }).exitCode !== 0) {
      throw new UsageError({
        code: 'key_refused',
        message: `\`${path}\`: \`ssh-keygen\` did not sign`,
        hint: 'it said why above; a passphrase needs a terminal, or `ssh-add` and `--ssh-agent`',
      });
    }
    return dearmor(readFileSync(`${file}.sig`, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** OpenSSH keeps the public half readable in front of the encrypted one (PROTOCOL.key). */
function readPublicHalf(path: string): string {
  const unreadable = (what: string): never => {
    throw new UsageError({
      code: 'key_unreadable',
      message: `\`${path}\`: the private key ${what}`,
      hint: 'check the file with `ssh-keygen -l -f FILE`',
    });
  };
  const body = readFileSync(path, 'utf8').replace(/-----[A-Z ]+-----/g, '');
  const wire = readWire(Buffer.from(body, 'base64'), unreadable);
  if (!wire.raw(magic.length).equals(magic)) {
    unreadable('is not in the form of OpenSSH');
  }
  // Cipher, key derivation and its options.
  [wire.string(), wire.string(), wire.string()].forEach(() => {});
  if (wire.uint32() !== 1) {
    unreadable('stands beside others in one file');
  }
  return formatPublicKey(parsePublicKeyBlob(wire.string()));
}

const magic = Buffer.from('openssh-key-v1\0');
