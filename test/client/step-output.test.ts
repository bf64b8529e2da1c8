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

test('what was heard live is not fetched', async () => {
  const { output, told, server } = await listen();
  await output.beforeEntry(anEntry(1, started));
  output.live(live('heard'));
  await output.beforeEntry(anEntry(2, finished));
  expect([told(), server.came]).toEqual(['heard', []]);
});
