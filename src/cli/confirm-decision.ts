import type { RequestContent } from '../approval/request.ts';
import { UsageError } from '../base/errors.ts';
import type { Cli } from './cli.ts';
import { askText } from './prompt.ts';

type Decision = 'approve' | 'reject' | 'revoke';

/** Against the slip of approving in the wrong window; the decision itself is the signature. */
export async function confirmSigned(
  cli: Cli,
  { target }: RequestContent,
  decision: Decision,
): Promise<void> {
  if (decision === 'approve' && target.protected && cli.settings.interactive) {
    await confirmByTyping(cli, 'Approve', target.environment);
  }
}

/**
 * A decision that nothing signs takes a word from whoever types it: at a terminal it is asked for, an
 * approval in a protected environment by the environment's name; elsewhere `--yes` stands for it. Throws
 * UsageError `not_confirmed`.
 */
export async function confirmOwn(
  cli: Cli,
  { target }: RequestContent,
  { decision, yes }: { readonly decision: Decision; readonly yes?: true },
): Promise<void> {
  const isProtected = decision === 'approve' && target.protected;
  if (!cli.settings.interactive && yes !== true) {
    throw new UsageError({
      code: 'not_confirmed',
      message: `nobody can be asked here whether to ${decision}: nothing was decided`,
      hint: '`--yes` says that you have read it',
    });
  }
  if (cli.settings.interactive && (isProtected || yes !== true)) {
    await confirmByTyping(cli, questions[decision], isProtected ? target.environment : 'yes');
  }
}

async function confirmByTyping(cli: Cli, question: string, word: string): Promise<void> {
  const what = word === 'yes' ? 'yes' : `the environment's name (${word})`;
  const answer = await askText(cli, `${question}? Type ${what}`);
  if (answer.trim() !== word) {
    throw new UsageError({
      code: 'not_confirmed',
      message: `that is not \`${word}\`: nothing was decided`,
    });
  }
}

const questions = { approve: 'Approve', reject: 'Reject', revoke: 'Revoke' } as const;
