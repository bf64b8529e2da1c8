import { Command } from 'commander';
import { forgetToken } from '../../client/token-file.ts';
import { userConfigDir } from '../../config/paths.ts';
import type { Cli } from '../cli.ts';

export function logoutCommand(cli: Cli): Command {
  return new Command('logout')
    .description(
      'Forgets the token that `runbook login` kept. The token itself lives on until it expires or is revoked.',
    )
    .addHelpText('after', '\nExample:\n  runbook logout')
    .action(() => cli.finish(runLogout(cli)));
}

export function runLogout(cli: Cli): number {
  const forgotten = forgetToken(userConfigDir(cli.io.env));
  cli.print({ forgotten }, () =>
    forgotten ? 'the token is forgotten\n' : 'there was no token to forget\n',
  );
  return 0;
}
