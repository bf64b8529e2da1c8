import { Command, Option } from 'commander';
import { rotationReasons } from '../../approval/statement/key-statement.ts';
import type { Cli } from '../cli.ts';
import { addSigningFlags, collect } from '../flags.ts';
import { type RecoveryOptions, runJournalKeyRecovery } from './journal-key-recovery.ts';
import { type RotateOptions, runJournalKeyRotate } from './journal-key-rotate.ts';
import { runJournalKeyShow } from './journal-key-show.ts';

export function journalKeyCommand(cli: Cli): Command {
  const group = new Command('key')
    .summary('show, name and change the keys that sign it')
    .description('The key that signs the journal, and the one, kept offline, that hands it on.');
  group
    .command('show')
    .summary('which keys signed, which one signs, and which hands on')
    .description(
      'Prints every key of the journal as C2SP tools take it, with the sizes of the heads that it may sign, and the recovery key.',
    )
    .addHelpText('after', '\nExample:\n  runbook journal key show')
    .action(async () => cli.finish(await runJournalKeyShow(cli)));
  group.addCommand(recoveryCommand(cli)).addCommand(rotateCommand(cli));
  return group;
}

function recoveryCommand(cli: Cli): Command {
  return signedTwice(addSigningFlags(new Command('recovery'), 'journal key recovery --export'))
    .summary('name the key that can hand the journal on')
    .description(
      'Names the recovery key: an SSH key of any kind, best one that is kept elsewhere, or a security key. From then on only it can hand the journal to another key, or to another recovery key. Its public half is recorded.',
    )
    .option('--public-key <file>', 'the key that is named, where --key does not show it')
    .option('--previous <file>', 'the recovery key before it, which has to sign as well')
    .option('--export <file>', 'write what is to be signed, for --offline (- writes to stdout)')
    .addHelpText(
      'after',
      `
Examples:
  ssh-keygen -t ed25519 -f /media/usb/recovery
  runbook journal key recovery --key /media/usb/recovery
  runbook journal key recovery --key new --previous /media/usb/recovery`,
    )
    .action(async (options: RecoveryOptions) =>
      cli.finish(await runJournalKeyRecovery(cli, options)),
    );
}

function rotateCommand(cli: Cli): Command {
  return signedTwice(addSigningFlags(new Command('rotate'), 'journal key rotate --export'))
    .summary('sign with a new key from now on')
    .description(
      'Makes a new key for the journal, and has the recovery key say so. Works where the old key is lost. Whoever knows the journal by an older key follows.',
    )
    .addOption(
      new Option('--reason <reason>', 'why; part of what is signed')
        .choices(rotationReasons)
        .default('rotation'),
    )
    .option(
      '--since <time>',
      'with --reason compromised: since when others may have had the key: 2d, 2026-11-21, or RFC 3339',
    )
    .option('--export <file>', 'write what is to be signed, for --offline (- writes to stdout)')
    .addHelpText(
      'after',
      `
Examples:
  runbook journal key rotate --key /media/usb/recovery
  runbook journal key rotate --reason lost --ssh-agent
  runbook journal key rotate --reason compromised --since 2026-11-21T22:00:00Z --export rotate.json
  runbook journal key rotate --offline rotate.json --key recovery > signed.txt
  runbook journal key rotate --signature signed.txt`,
    )
    .action(async (options: RotateOptions) => cli.finish(await runJournalKeyRotate(cli, options)));
}

/** A recovery key that replaces another takes two signatures, made in two places. */
function signedTwice(command: Command): Command {
  const signature = command.options.find(({ long }) => long === '--signature');
  signature?.argParser<readonly string[] | undefined>(collect);
  return command;
}
