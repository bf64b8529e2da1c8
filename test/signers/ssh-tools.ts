import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor } from '../../src/approval/ssh/sshsig.ts';
import { runTool } from '../../src/base/tool.ts';

/** A key pair that ssh-keygen makes; answers the private file's path. */
export function makeKey(folder: string, name: string, ...options: readonly string[]): string {
  const path = join(folder, name);
  const made = runTool(['ssh-keygen', '-q', '-N', '', '-C', name, '-f', path, ...options]);
  if (made.exitCode !== 0) {
    throw new Error(made.stderr);
  }
  return path;
}

/** The line in a key's `.pub` file, comment and all. */
export function publicLine(path: string): string {
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

interface Claim {
  readonly folder: string;
  readonly publicKey: string;
  readonly namespace: string;
  readonly message: Buffer;
  /** Base64, as a signer answers it. */
  readonly signature: string;
}

/** Whether OpenSSH's own verifier accepts a signature as this key's. */
export function acceptedByOpenSsh(claim: Claim): boolean {
  const allowed = join(claim.folder, 'allowed_signers');
  const signature = join(claim.folder, 'signature');
  writeFileSync(allowed, `bob ${claim.publicKey}\n`);
  writeFileSync(signature, armor(Buffer.from(claim.signature, 'base64')));
  const argv = ['-Y', 'verify', '-f', allowed, '-I', 'bob', '-n', claim.namespace, '-s', signature];
  return runTool(['ssh-keygen', ...argv], { input: claim.message }).exitCode === 0;
}
