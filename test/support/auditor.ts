import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyPrograms } from '../../src/audit/bundle/program-texts.ts';
import { runTool } from '../../src/base/tool.ts';
import { tempFolder } from './temp-folder.ts';

/** Debian's, which has python3-cryptography. */
export const python = '/usr/bin/python3';
export const sumdb = '/usr/share/gocode/src/golang.org/x/mod/sumdb';
export const tools = [
  'bash',
  'sh',
  'go',
  'openssl',
  'ssh-keygen',
  'sha256sum',
  'tar',
  'mktemp',
  'basename',
];
const words = ['mkdir', 'sed', 'head', 'tail', 'cut', 'cat'];

/** A folder of links to what an auditor has, and nothing else: above all no Node. */
export function auditorsPath(): string {
  const folder = tempFolder();
  for (const name of [...tools, ...words]) {
    const found = runTool(['sh', '-c', `command -v ${name}`])
      .stdout.toString()
      .trim();
    symlinkSync(found, join(folder, name));
  }
  symlinkSync(python, join(folder, 'python3'));
  return folder;
}

/** What a shell says that has an auditor's tools alone. */
export function shell(
  script: string,
  cwd: string,
): { readonly exitCode: number; readonly said: string } {
  const env = { PATH: auditorsPath(), HOME: tempFolder(), LC_ALL: 'C.UTF-8' };
  const argv = ['/bin/bash', '-euo', 'pipefail', '-c', script];
  const { exitCode, stdout, stderr } = runTool(argv, { cwd, env, timeoutMs: 300_000 });
  return { exitCode, said: `${stdout.toString()}${stderr}` };
}

/** `verify.py` as it ships, over this bundle. */
export function check(
  bundle: Buffer,
  ...more: readonly string[]
): { readonly exitCode: number; readonly said: string } {
  const dir = tempFolder(verifyPrograms);
  writeFileSync(join(dir, 'evidence.tar'), bundle);
  return shell(`python3 verify.py evidence.tar ${more.join(' ')}`, dir);
}
