import { expect, test } from 'vitest';
import { stepOutput } from '../../src/client/step-output.ts';
import type { Event } from '../../src/run/events.ts';
import { anEntry, runId } from './a-run.ts';
import { answer, openSmallServer } from './small-server.ts';

const silent = { recorded: () => undefined, waiting: () => undefined, delayed: () => undefined };
const started = { type: 'step.started', data: { step: 'a', attempt: 1 } } as unknown as Event;
const finished = { type: 'step.finished', data: { step: 'a', attempt: 1 } } as unknown as Event;

function live(text: string) {
  return { kind: 'output', step: 'a', stream: 'stdout', chunk: Buffer.from(text) } as const;
}

async function listen() {
  const log = (attempt: number, text: string) => ({
    step: 'a',
    attempt,
    stream: 'stdout',
    bytes: Buffer.from(text).toString('base64'),
  });
  const server = await openSmallServer((response) =>
    answer(response, 200, { logs: [log(1, 'stored'), log(2, 'another try')] }),
  );
  let told = '';
  const listener = {
    ...silent,
    output: (_step: string, _stream: string, chunk: Buffer) => {
      told += chunk.toString('utf8');
    },
  };
  return { output: stepOutput(server.connect(), runId, listener), told: () => told, server };
}

test('what a step said before anybody listened is told from its stored output, once', async () => {
  const { output, told } = await listen();
  await output.beforeEntry(anEntry(1, started));
  await output.beforeEntry(anEntry(2, finished));
  output.live(live('stored'));
  expect(told()).toBe('stored');
});

async function afterHearing(...pieces: readonly string[]): Promise<string> {
  const { output, told } = await listen();
  await output.beforeEntry(anEntry(1, started));
  for (const piece of pieces) {
    output.live(live(piece));
  }
  await output.beforeEntry(anEntry(2, finished));
  output.live(live('late'));
  return told();
}

test('what was heard live is told once', async () => {
  expect(await afterHearing('sto', 'red')).toBe('stored');
});

test('what follows on what was heard is told from the stored output', async () => {
  expect(await afterHearing('sto')).toBe('stored');
});

test('where the beginning was not heard, it is said once where to read it', async () => {
  expect(await afterHearing('red')).toBe(`red(earlier output: runbook logs ${runId} a)\n`);
});

test('of a step that printed nothing nothing is fetched', async () => {
  const { output, server } = await listen();
  const quiet = { step: 'a', attempt: 1, stdout: null, stderr: null };
  const ended = { type: 'step.finished', data: quiet } as unknown as Event;
  await output.beforeEntry(anEntry(2, ended));
  expect(server.came).toEqual([]);
});
