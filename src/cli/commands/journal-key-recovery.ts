import { resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import type { SignedChange } from '../../engine/service.ts';
import type { Cli, SignerChoice } from '../cli.ts';
import {
  exportChange,
  type KeyFlags,
  readSignedChange,
  runKeyChange,
  signChange,
} from '../key-change.ts';
import { readTextFile } from '../params.ts';
import { renderKeys } from '../render/keys.ts';
import { requireSigner, signerChoice } from '../signing.ts';
import { resultStyle } from '../styles.ts';

export interface RecoveryOptions extends KeyFlags {
  readonly publicKey?: string;
  readonly previous?: string;
}

const command = 'runbook journal key recovery';

export async function runJournalKeyRecovery(cli: Cli, options: RecoveryOptions): Promise<number> {
  const { publicKey, previous } = options;
  return runKeyChange(cli, options, {
    command,
    words: { '--public-key': publicKey, '--previous': previous },
    make: () => name(cli, options),
    handIn: (files) => handIn(cli, files),
  });
}

async function name(cli: Cli, options: RecoveryOptions): Promise<number> {
  const { export: path } = options;
  const choice = path === undefined ? requireSigner(cli, options, command) : null;
  const line = await namedLine(cli, options, choice);
  const service = await cli.openService();
  const prepared = await service.prepareKeyChange({ act: 'recovery', public: line });
  if (path !== undefined || choice === null) {
    exportChange(cli, prepared, { path: path ?? '-', command });
    return 0;
  }
  const { statement } = prepared;
  const signatures = [await signChange(cli, choice, { ...prepared, signers: [line] })];
  const before = prepared.signers.filter((signer) => signer !== line);
  if (before.length > 0) {
    const previous = previousChoice(cli, options);
    signatures.push(await signChange(cli, previous, { statement, signers: before }));
  }
  return record(cli, { statement, signatures });
}

/** The key that is named: from its public half, or as the private one shows it. */
async function namedLine(
  cli: Cli,
  { publicKey }: RecoveryOptions,
  choice: SignerChoice | null,
): Promise<string> {
  if (publicKey !== undefined) {
    const text = readTextFile(resolve(cli.io.cwd, publicKey), publicKey);
    return text.trim().split(/\s+/, 2).join(' ');
  }
  if (choice?.kind !== 'file') {
    throw new UsageError({
      code: 'public_key_missing',
      message: 'which key is named is not said',
      hint: `\`${command} --public-key FILE.pub\` beside \`--ssh-agent\` or \`--export\``,
    });
  }
  return (await cli.openSigner(choice, [])).publicKey;
}

function previousChoice(cli: Cli, { previous, sshAgent }: RecoveryOptions): SignerChoice {
  const choice = signerChoice(cli, {
    ...(previous === undefined ? {} : { key: previous }),
    ...(previous === undefined && sshAgent === true ? { sshAgent } : {}),
  });
  if (choice === null) {
    throw new UsageError({
      code: 'previous_missing',
      message: 'another recovery key is in force, and only it can name its successor',
      hint: `\`--previous FILE\`; where the two are never in one place, \`${command} --export FILE --public-key NEW.pub\``,
    });
  }
  return choice;
}

async function handIn(cli: Cli, files: readonly string[]): Promise<number> {
  const read: SignedChange[] = [];
  for (const file of files) {
    const { statement, signature } = await readSignedChange(cli, file, 'recovery');
    read.push({ statement, signatures: [signature] });
  }
  const statement = read[0]?.statement ?? '';
  if (read.some((signed) => signed.statement !== statement)) {
    throw new UsageError({
      code: 'other_decision',
      message: 'the signatures are for two different statements',
      hint: 'sign the same exported file with both keys',
    });
  }
  return record(cli, { statement, signatures: read.flatMap(({ signatures }) => signatures) });
}

async function record(cli: Cli, signed: SignedChange): Promise<number> {
  const service = await cli.openService();
  const report = await service.recordKeyChange(signed);
  cli.print(report, () => renderKeys(report, resultStyle(cli)));
  cli.say('keep its private half offline: whoever has it can hand the journal on');
  return 0;
}
