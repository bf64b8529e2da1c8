import type { execa as Execa } from 'execa';
import type { ExecAction, RunAction } from '../runbook/command.ts';
import type { ActionResult } from './action.ts';
import { codeOf } from './error-code.ts';
import { fillIn } from './fill-in.ts';
import { type Launch, type Order, stopwatch } from './launch.ts';
import { openOutput } from './output.ts';
import { createOutputFile, type OutputFile } from './output-file.ts';
import { drain, waitForEnd } from './process-end.ts';

type Exited = Extract<ActionResult, { kind: 'exited' }>;

/** What the kernel is given. */
interface Image {
  readonly program: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Loads execa, and answers what runs this script or argv. */
export async function loadProcess(action: RunAction | ExecAction): Promise<Launch> {
  const { execa } = await import('execa');
  return async (order) => runProcess(order, action, execa);
}

/**
 * The step leads a session and process group of its own, has no terminal and an empty stdin. It ends
 * when its own process ends. What it left running is not ended after a normal exit: a step that starts
 * a daemon means it. After a timeout or a cancel the whole group is.
 */
async function runProcess(
  order: Order,
  action: RunAction | ExecAction,
  execa: typeof Execa,
): Promise<ActionResult> {
  const elapsed = stopwatch(order.settings.clock);
  const outputFile = createOutputFile();
  if (typeof outputFile === 'string') {
    return { kind: 'not_started', message: outputFile };
  }
  try {
    const image = imageOf(order, action, outputFile);
    const child = spawn(image, execa);
    if (child.pid === undefined) {
      const { cause } = await child;
      return { kind: 'not_started', message: explain(codeOf(cause), image.program) };
    }
    const [stdout, stderr] = [openOutput(order.io, 'stdout'), openOutput(order.io, 'stderr')];
    child.stdout.on('data', stdout.push);
    child.stderr.on('data', stderr.push);
    const end = await waitForEnd(child, child.pid, order);
    const durationMs = elapsed();
    await drain([child.stdout, child.stderr], order.settings.quietMs);
    stderr.end();
    return { kind: 'exited', ...end, durationMs, stdout: stdout.end(), ...take(outputFile) };
  } finally {
    outputFile.remove();
  }
}

/** Runs exactly the file that was bound, under the name that was written. */
function spawn({ program, argv: [argv0 = '', ...args], cwd, env }: Image, execa: typeof Execa) {
  return execa(program, args, {
    argv0,
    cwd,
    env,
    extendEnv: false,
    stdin: 'ignore',
    // Unbuffered: output of any size passes through in constant memory.
    buffer: false,
    // A group of its own, which `endGroup` ends; our own death does not take the step along.
    detached: true,
    cleanup: false,
    reject: false,
    preferLocal: false,
    // Whatever NODE_DEBUG asks for: execa would print the output unmasked.
    verbose: 'none',
  });
}

function imageOf(
  { command, attemptToken, io }: Order,
  action: RunAction | ExecAction,
  outputFile: OutputFile,
): Image {
  const env = Object.entries(command.env).map(
    ([name, text]) => [name, fillIn(text, io.secrets)] as const,
  );
  return {
    program: command.programs[0]?.path ?? '',
    argv: argvOf(action),
    cwd: command.cwd,
    env: {
      ...Object.fromEntries(env),
      RUNBOOK_ATTEMPT: attemptToken,
      RUNBOOK_OUTPUT: outputFile.path,
    },
  };
}

/** `sh` may be dash and knows no pipefail. The last word is `$0`, which stands in the shell's messages. */
function argvOf(action: RunAction | ExecAction): readonly string[] {
  if (action.kind === 'exec') {
    return action.argv;
  }
  return action.shell === 'bash'
    ? ['bash', '-eu', '-o', 'pipefail', '-c', action.script, 'bash']
    : ['sh', '-eu', '-c', action.script, 'sh'];
}

function take(file: OutputFile): Pick<Exited, 'outputFile' | 'outputFileFault'> {
  const { text, fault } = file.read();
  return fault === null ? { outputFile: text } : { outputFile: text, outputFileFault: fault };
}

/** By the error's code alone: Node's message would quote an environment value that it does not like. */
function explain(code: string, program: string): string {
  switch (code) {
    case 'E2BIG':
      return 'the script, an argument or the environment is too big for the kernel; put it into a file';
    case 'EACCES':
      return `\`${program}\` may not be executed by this user`;
    case 'ENOENT':
      return `\`${program}\`, or what interprets it, is not there`;
    case 'ERR_INVALID_ARG_VALUE':
      return 'an argument or an environment value holds a NUL byte';
    default:
      return `\`${program}\` cannot be started: ${code}`;
  }
}
