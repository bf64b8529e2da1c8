import type { Readable, Writable } from 'node:stream';
import { layoutCard } from '../approval/card/card.ts';
import { approveWays, renderCard } from '../approval/card/card-text.ts';
import { parseSigned } from '../approval/statement/statement.ts';
import { systemClock } from '../base/clock.ts';
import type { RequestId } from '../base/ids.ts';
import type { Channel, Desk, OpenRequest } from './channel.ts';
import { handIn } from './terminal-answer.ts';
import { type SignHere, takeTouch } from './terminal-key.ts';
import { readPaste } from './terminal-paste.ts';

/** The window of whoever waits. */
export interface TerminalWindow {
  readonly input: Readable;
  readonly output: Writable;
  readonly columns: number;
  readonly colour: boolean;
}

/**
 * The terminal of a waiting run: shows the card, a line for the colleague to paste into a session of
 * their own, and takes what they signed, there or here with a security key. It never loads a key that
 * lies on a disk and never takes a "y" for a decision: who sits here is who asked.
 */
export function terminalChannel(window: TerminalWindow, signHere: SignHere): Channel {
  let shown: RequestId | null = null;
  return {
    name: 'prompt',
    async ask(open, desk, signal) {
      // Asked again about the same request, because one of several people decided: the card stands above.
      if (shown !== open.content.id) {
        window.output.write(renderOpening(open, window));
        shown = open.content.id;
      }
      try {
        await talk(window, { open, desk, signHere }, signal);
      } catch (error) {
        if (!signal.aborted && !isCtrlC(error)) {
          throw error;
        }
        if (isCtrlC(error)) {
          // A prompt holds the terminal in raw mode, where Ctrl-C is only a byte: send what it stands for.
          process.kill(process.pid, 'SIGINT');
        }
      }
    },
  };
}

function renderOpening(open: OpenRequest, window: TerminalWindow): string {
  const nowMs = systemClock.now().wallMs;
  const card = layoutCard({ ...open, nowMs });
  return `\n${renderCard(card, window)}\n${approveWays(open, window)}\n`;
}

type Way = 'wait' | 'paste' | 'key';

/** Until a decision is in, or somewhere else it was. */
async function talk(
  window: TerminalWindow,
  of: { readonly open: OpenRequest; readonly desk: Desk; readonly signHere: SignHere },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const way = await chooseWay(window, signal);
    if (way === 'wait') {
      window.output.write('waiting; Ctrl-C leaves, and the run can be resumed\n');
      return;
    }
    const take = way === 'key' ? takeTouch : takePaste;
    if (await take(window, of, signal)) {
      return;
    }
  }
}

async function chooseWay(window: TerminalWindow, signal: AbortSignal): Promise<Way> {
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({
    input: window.input,
    output: window.output,
    signal,
    clearPromptOnDone: true,
  });
  const { way } = await prompt<{ way: Way }>([
    {
      type: 'select',
      name: 'way',
      message: 'How is it decided?',
      choices: [
        { name: 'Wait: it is decided elsewhere', short: 'wait', value: 'wait' },
        { name: 'Paste a signature', short: 'paste', value: 'paste' },
        { name: 'A security key plugged in here', short: 'key', value: 'key' },
      ],
    },
  ]);
  return way;
}

/** True where the decision was taken. */
async function takePaste(
  window: TerminalWindow,
  { desk }: { readonly desk: Desk },
  signal: AbortSignal,
): Promise<boolean> {
  window.output.write(
    'Paste what `runbook approve --offline FILE` printed; an empty line leaves.\n',
  );
  const text = await readPaste(window, signal);
  if (text === null) {
    return false;
  }
  return handIn(window, { desk, channel: 'prompt' }, async () => parseSigned(text));
}

function isCtrlC(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}
