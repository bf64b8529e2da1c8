import type { RotationReason } from '../../approval/statement/key-statement.ts';
import { formatTime } from '../../base/clock.ts';
import type { Cli } from '../cli.ts';
import {
  exportChange,
  type KeyFlags,
  openOneOf,
  readSignedChange,
  runKeyChange,
  signShown,
} from '../key-change.ts';
import { parsePast } from '../past.ts';
import { renderKeys } from '../render/keys.ts';
import { requireSigner } from '../signing.ts';
import { resultStyle } from '../styles.ts';

export interface RotateOptions extends KeyFlags {
  readonly reason: RotationReason;
  readonly since?: string;
}

const command = 'runbook journal key rotate';

export async function runJournalKeyRotate(cli: Cli, options: RotateOptions): Promise<number> {
  return runKeyChange(cli, options, {
    command,
    words: { '--since': options.since },
    make: () => rotate(cli, options),
    handIn: (files) => handIn(cli, files),
  });
}

async function rotate(cli: Cli, options: RotateOptions): Promise<number> {
  const { reason, since, export: path } = options;
  const nowMs = cli.io.clock.now().wallMs;
  const change = {
    act: 'rotate',
    reason,
    since: since === undefined ? null : formatTime(parsePast(since, nowMs)),
  } as const;
  // Before a key is made: whether anybody could sign for it.
  const choice = path === undefined ? requireSigner(cli, options, command) : null;
  const service = await cli.openService();
  const { recovery } = await service.keys();
  const signer =
    choice === null || recovery === null ? null : await openOneOf(cli, choice, [recovery.public]);
  const prepared = await service.prepareKeyChange(change);
  try {
    if (signer === null) {
      exportChange(cli, prepared, { path: path ?? '-', command });
      return 0;
    }
    const signature = await signShown(cli, signer, prepared.statement);
    return await record(cli, { statement: prepared.statement, signatures: [signature] });
  } catch (error) {
    // What was exported before has a key of its own; this one nobody was asked to sign for.
    await service.abandonKeyChange(prepared);
    throw error;
  }
}

async function handIn(cli: Cli, files: readonly string[]): Promise<number> {
  const [file = '-'] = files;
  const { statement, signature } = await readSignedChange(cli, file, 'rotate');
  return record(cli, { statement, signatures: [signature] });
}

async function record(
  cli: Cli,
  signed: { readonly statement: string; readonly signatures: readonly string[] },
): Promise<number> {
  const service = await cli.openService();
  const report = await service.recordKeyChange(signed);
  cli.print(report, () => renderKeys(report, resultStyle(cli)));
  cli.say('the new key signs from here on; the old one is gone from this machine');
  const { verifier_key } = report.keys.at(-1) ?? {};
  if (verifier_key !== undefined) {
    // On a line of its own, whole: it is carried to another host.
    cli.say(
      `witnesses and mirrors that were told the old one by hand are to be told this one:\n${verifier_key}`,
    );
  }
  return 0;
}
