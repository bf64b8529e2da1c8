import type { SignedStatement } from '../approval/statement/statement.ts';
import { RunbookError } from '../base/errors.ts';
import type { Desk } from './channel.ts';
import type { TerminalWindow } from './terminal.ts';

/**
 * Hands in what somebody signed at the terminal, and says there why it was not taken, or could not be made.
 * True where the decision was taken.
 */
export async function handIn(
  window: TerminalWindow,
  { desk, channel }: { readonly desk: Desk; readonly channel: string },
  sign: () => Promise<SignedStatement>,
): Promise<boolean> {
  try {
    const { accepted, message } = await desk.submit(await sign(), channel);
    if (!accepted) {
      window.output.write(`${message}\n`);
    }
    return accepted;
  } catch (error) {
    if (error instanceof RunbookError) {
      const hint = error.hint === undefined ? '' : `hint: ${error.hint}\n`;
      window.output.write(`${error.message}\n${hint}`);
      return false;
    }
    throw error;
  }
}
