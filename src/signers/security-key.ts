import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { runTool } from '../base/tool.ts';
import type { ApproverSigner } from './signer.ts';
import { keyFileSigner } from './ssh-keygen.ts';

/** Time to find the key, and its PIN. */
const timeoutMs = 2 * 60_000;

/**
 * Works with a security key that is plugged into this machine. OpenSSH keeps its private half in the key;
 * the file beside it, the handle, is useless alone. With `handle` that file is named, else it is read from
 * the key (a resident key, `ssh-keygen -K`) into a folder that is gone afterwards. A key that would sign
 * without a touch is never loaded here: it belongs into a session of its owner's. `wanted` are the public
 * key lines that could decide. Throws UsageError `security_key_missing`, `not_a_security_key`.
 */
export async function withSecurityKey<Result>(
  { handle, wanted }: { readonly handle: string | null; readonly wanted: readonly string[] },
  use: (signer: ApproverSigner) => Promise<Result>,
): Promise<Result> {
  if (handle !== null) {
    return use(openHandle(handle));
  }
  const folder = mkdtempSync(join(tmpdir(), 'runbook-key-'));
  try {
    const signers = download(folder).map(openHandle);
    const signer = signers.find(({ publicKey }) => wanted.includes(publicKey));
    if (signer === undefined) {
      throw missing(
        signers.length === 0
          ? 'no key could be read from a security key'
          : 'the security key holds no key of anybody who may decide here',
      );
    }
    return await use(signer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openHandle(path: string): ApproverSigner {
  const signer = keyFileSigner(path);
  if (!signer.publicKey.startsWith('sk-')) {
    throw new UsageError({
      code: 'not_a_security_key',
      message: `\`${path}\` signs without a security key`,
      hint: 'its owner signs in a session of their own: `runbook approve`',
    });
  }
  return signer;
}

/** It asks for the PIN on the terminal itself. Without a key, or a resident one, nothing is written. */
function download(folder: string): readonly string[] {
  const argv = ['ssh-keygen', '-q', '-K', '-N', ''];
  runTool(argv, { tty: true, timeoutMs, cwd: folder });
  return readdirSync(folder)
    .filter((name) => !name.endsWith('.pub'))
    .map((name) => join(folder, name));
}

function missing(message: string): UsageError {
  return new UsageError({
    code: 'security_key_missing',
    message,
    hint: 'plug it in, and name its file unless it was made with `ssh-keygen -O resident`',
  });
}
