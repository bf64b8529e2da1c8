import type { Cli } from './cli.ts';

/** Asks one line on the terminal. Only where `settings.interactive`; Ctrl-C rejects with ExitPromptError. */
export async function askText(cli: Cli, message: string): Promise<string> {
  const ask = await openPrompt(cli);
  const { answer } = await ask<{ answer: string }>([{ type: 'input', name: 'answer', message }]);
  return answer;
}

/** As `askText`, with stars in the place of what is typed. */
export async function askSecret(cli: Cli, message: string): Promise<string> {
  const ask = await openPrompt(cli);
  const { answer } = await ask<{ answer: string }>([
    { type: 'password', name: 'answer', message, mask: '*' },
  ]);
  return answer;
}

/** One of these, chosen with the arrow keys. */
export async function askChoice(
  cli: Cli,
  message: string,
  choices: readonly string[],
): Promise<string> {
  const ask = await openPrompt(cli);
  const { answer } = await ask<{ answer: string }>([
    { type: 'select', name: 'answer', message, choices: [...choices] },
  ]);
  return answer;
}

/** Prompts go to the terminal by stderr: stdout is for results. */
async function openPrompt({ io }: Cli) {
  const { default: inquirer } = await import('inquirer');
  return inquirer.createPromptModule({ input: io.stdin, output: io.stderr });
}
