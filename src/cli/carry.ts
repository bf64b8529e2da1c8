import { resolve } from 'node:path';
import type { RequestFile } from '../approval/request-file.ts';
import { parseRequestFile } from '../approval/request-file-schema.ts';
import {
  formatSigned,
  parseSigned,
  type SignedStatement,
} from '../approval/statement/statement.ts';
import { UsageError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Cli } from './cli.ts';
import { readAll } from './io.ts';
import { readTextFile } from './params.ts';
import { writeNewFile } from './write-file.ts';

// What people carry between the journal and an approver who does not reach it: files there, signatures back.

const signings = ['approve', 'reject', 'revoke', 'resolve'] as const;

/** What a person signs: `resolve` settles a step, the others decide about a request. */
type Signing = (typeof signings)[number];

/** Reads the file of `--offline`. What it claims is for the approver's client to prove. */
export function readExported(cli: Cli, path: string): RequestFile {
  return parseRequestFile(readTextFile(resolve(cli.io.cwd, path), path), path);
}

/** Writes the file for `--offline`, never over one that is there; `signing` is how it is signed. */
export function writeExported(
  cli: Cli,
  file: RequestFile,
  { path, signing }: { readonly path: string; readonly signing: string },
): void {
  const text = `${JSON.stringify(file)}\n`;
  if (path === '-') {
    cli.io.stdout.write(text);
    return;
  }
  writeNewFile(cli, path, text);
  cli.print({ file: path }, () => `${path}\n`);
  cli.say(`the approver signs it with\n  ${signing}`);
}

/**
 * Reads the file of `--signature`. Throws UsageError `other_decision` where the command is not the one
 * that was signed: nobody should record an approval by typing `reject`.
 */
export async function readSigned(
  cli: Cli,
  path: string,
  signing: Signing,
): Promise<SignedStatement> {
  const text =
    path === '-' ? await readAll(cli.io.stdin) : readTextFile(resolve(cli.io.cwd, path), path);
  const signed = parseSigned(text);
  const other = signings.find((it) => it !== signing && it === decisionOf(signed));
  if (other !== undefined) {
    throw new UsageError({
      code: 'other_decision',
      message: `signed to \`${other}\`, not to \`${signing}\``,
      hint: `\`runbook ${other} --signature ${path}\` hands it in`,
    });
  }
  return signed;
}

/** Prints what was signed here, to be carried to the journal by hand; `about` says what it is about. */
export function printSigned(
  cli: Cli,
  signing: Signing,
  of: {
    readonly about: JsonObject;
    readonly receipt: string;
    readonly signed: SignedStatement;
  },
): void {
  const { about, receipt, signed } = of;
  cli.print({ ...about, receipt, signed }, () => `${formatSigned(signed, 'block')}\n`);
  cli.say(`\nreceipt: ${receipt}`);
  cli.say(
    `signed, and not handed in yet: give the block above to whoever waits, or to \`runbook ${signing} --signature -\``,
  );
}

/** The word alone: whether the rest is sound is judged where it is recorded. */
function decisionOf({ statement }: SignedStatement): unknown {
  try {
    return (JSON.parse(statement) as { readonly decision?: unknown }).decision;
  } catch {
    return undefined;
  }
}
