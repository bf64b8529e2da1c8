import { resolve } from 'node:path';
import { type KeyFile, parseKeyFile } from '../approval/statement/key-file.ts';
import { keyNamespace, parseKeyStatement } from '../approval/statement/key-statement.ts';
import {
  formatSigned,
  parseSigned,
  type SignedStatement,
} from '../approval/statement/statement.ts';
import { UsageError } from '../base/errors.ts';
import type { PreparedChange } from '../engine/service.ts';
import type { Cli, SignerChoice } from './cli.ts';
import { refuseBeside, type SigningFlags } from './flags.ts';
import { readAll } from './io.ts';
import { readTextFile } from './params.ts';
import { renderKeyStatement } from './render/keys.ts';
import { refuseAgent, requireSigner } from './signing.ts';
import { writeNewFile } from './write-file.ts';

// How a change of the journal's keys is signed: here, or where the recovery key lies.

/** The signing flags, where signatures may be handed in from two places. */
export interface KeyFlags extends Omit<SigningFlags, 'signature'> {
  readonly signature?: readonly string[];
  readonly export?: string;
}

/** What naming a recovery key and rotating to a new key have in common. */
export interface KeyChange {
  /** As it is typed, for hints. */
  readonly command: string;
  /** Flags that say what is changed: nothing to be said where it is signed already. */
  readonly words: Readonly<Record<string, unknown>>;
  readonly make: () => Promise<number>;
  readonly handIn: (files: readonly string[]) => Promise<number>;
}

/** Signs what was exported, takes in what was signed, or makes the change here. Answers the exit code. */
export async function runKeyChange(
  cli: Cli,
  flags: KeyFlags,
  { command, words, make, handIn }: KeyChange,
): Promise<number> {
  refuseAgent(cli);
  refuseBesides(flags, words);
  const { offline, signature } = flags;
  if (offline !== undefined) {
    const choice = requireSigner(cli, flags, `${command} --offline ${offline}`);
    await signExported(cli, choice, offline);
    return 0;
  }
  return signature === undefined ? make() : handIn(signature);
}

/** At most one way to sign; and what is signed already says everything itself. */
function refuseBesides(
  { key, sshAgent, offline, signature, export: exported }: KeyFlags,
  words: Readonly<Record<string, unknown>>,
): void {
  const here = { '--key': key, '--ssh-agent': sshAgent };
  refuseBeside({ '--key': key }, { '--ssh-agent': sshAgent });
  refuseBeside({ '--offline': offline }, { '--export': exported, ...words });
  refuseBeside({ '--signature': signature }, { ...here, '--offline': offline, ...words });
  refuseBeside({ '--export': exported }, { ...here, '--signature': signature });
}

/** Shows what is to be signed, and signs it with one of the keys that have to. Answers the SSHSIG, base64. */
export async function signChange(
  cli: Cli,
  choice: SignerChoice,
  { statement, signers }: PreparedChange,
): Promise<string> {
  cli.say(renderKeyStatement(parseKeyStatement(statement)));
  return signStatement(await openOneOf(cli, choice, signers), statement);
}

/** Signs it with a key that was opened before: it is shown first. */
export function signShown(cli: Cli, signer: Signer, statement: string): Promise<string> {
  cli.say(renderKeyStatement(parseKeyStatement(statement)));
  return signStatement(signer, statement);
}

type Signer = Awaited<ReturnType<Cli['openSigner']>>;

/** Opens the chosen key. Throws UsageError `key_not_recovery` where it is none of those that have to sign. */
export async function openOneOf(
  cli: Cli,
  choice: SignerChoice,
  signers: readonly string[],
): Promise<Signer> {
  const signer = await cli.openSigner(choice, signers);
  if (!signers.includes(signer.publicKey)) {
    throw new UsageError({
      code: 'key_not_recovery',
      message: `the key \`${signer.publicKey}\` is not one that has to sign this`,
      hint: '`runbook journal key show` prints the recovery key',
    });
  }
  return signer;
}

function signStatement(signer: Signer, statement: string): Promise<string> {
  return signer.sign(keyNamespace, Buffer.from(statement));
}

/** Writes what is to be signed elsewhere; never over a file that is there. */
export function exportChange(
  cli: Cli,
  change: PreparedChange,
  of: { readonly path: string; readonly command: string },
): void {
  const file: KeyFile = { kind: 'runbook.key/v1', ...change };
  const text = `${JSON.stringify(file)}\n`;
  if (of.path === '-') {
    cli.io.stdout.write(text);
    return;
  }
  writeNewFile(cli, of.path, text);
  cli.print({ file: of.path, signers: change.signers }, () => `${of.path}\n`);
  cli.say(
    `sign it where the recovery key is, and hand that in here:\n  ${of.command} --offline ${of.path} --key FILE > signed.txt\n  ${of.command} --signature signed.txt`,
  );
}

/** Signs a file that was exported; reaches no journal. What is printed is carried back by hand. */
async function signExported(cli: Cli, choice: SignerChoice, path: string): Promise<void> {
  const change = parseKeyFile(readTextFile(resolve(cli.io.cwd, path), path), path);
  const signature = await signChange(cli, choice, change);
  const signed = { statement: change.statement, signature };
  cli.print({ signed }, () => `${formatSigned(signed, 'block')}\n`);
  cli.say('signed, and not handed in yet: the journal is where it was exported');
}

/** Reads what was signed elsewhere. Throws UsageError `other_decision` where it is another kind of change. */
export async function readSignedChange(
  cli: Cli,
  path: string,
  act: 'rotate' | 'recovery',
): Promise<SignedStatement> {
  const text =
    path === '-' ? await readAll(cli.io.stdin) : readTextFile(resolve(cli.io.cwd, path), path);
  const signed = parseSigned(text);
  const signedFor = parseKeyStatement(signed.statement).act;
  if (signedFor !== act) {
    throw new UsageError({
      code: 'other_decision',
      message: `signed for \`journal key ${signedFor}\`, not for \`journal key ${act}\``,
      hint: `\`runbook journal key ${signedFor} --signature ${path}\` hands it in`,
    });
  }
  return signed;
}
