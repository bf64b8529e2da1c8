import type { RequestFile } from '../approval/request-file.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';
import type { Desk, OpenRequest } from './channel.ts';
import type { TerminalWindow } from './terminal.ts';
import { handIn } from './terminal-answer.ts';

/** Signs with a security key that is plugged into this machine; nothing of it is remembered here. */
export type SignHere = (
  file: RequestFile,
  choice: {
    readonly decision: 'approve' | 'reject';
    readonly reason: string | null;
    /** The key's own file, which is useless without it; null: read from the key. */
    readonly handle: string | null;
  },
) => Promise<SignedStatement>;

/**
 * Somebody with a security key of their own decides at this very terminal. What they touch the key for is
 * what this process shows them: whoever does not trust the machine decides in a session of their own.
 * True where the decision was taken.
 */
export async function takeTouch(
  window: TerminalWindow,
  of: { readonly open: OpenRequest; readonly desk: Desk; readonly signHere: SignHere },
  signal: AbortSignal,
): Promise<boolean> {
  const choice = await askChoice(window, of.open, signal);
  if (choice === null) {
    return false;
  }
  window.output.write('Touch the key when it blinks; it may ask for its PIN first.\n');
  return handIn(window, { desk: of.desk, channel: 'security_key' }, async () =>
    of.signHere(await of.desk.file(), choice),
  );
}

/** Back stands first: nobody decides by pressing Enter once too often. */
async function askChoice(
  { input, output }: TerminalWindow,
  { content: { target } }: OpenRequest,
  signal: AbortSignal,
): Promise<Parameters<SignHere>[1] | null> {
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ input, output, signal, clearPromptOnDone: true });
  const { decision } = await prompt<{ decision: 'back' | 'approve' | 'reject' }>([
    {
      type: 'select',
      name: 'decision',
      message: 'What does the owner of the key decide?',
      choices: [
        { name: 'Back', value: 'back' },
        { name: 'Approve what the card shows', value: 'approve' },
        { name: 'Reject it', value: 'reject' },
      ],
    },
  ]);
  if (decision === 'back') {
    return null;
  }
  const ask = async (message: string, required: boolean): Promise<string> => {
    const { text } = await prompt<{ text: string }>([
      { type: 'input', name: 'text', message, required },
    ]);
    return text;
  };
  if (decision === 'approve' && target.protected) {
    const typed = await ask(`Type \`${target.environment}\` to approve there:`, true);
    if (typed !== target.environment) {
      output.write(`\`${typed}\` is not \`${target.environment}\`: nothing was signed\n`);
      return null;
    }
  }
  const reason = decision === 'reject' ? await ask('Why?', true) : null;
  const handle = await ask("The key's own file (empty: read it from the key):", false);
  return { decision, reason, handle: handle === '' ? null : handle };
}
