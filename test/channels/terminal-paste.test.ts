import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readPaste } from '../../src/channels/terminal-paste.ts';

function aWindow() {
  const input = new PassThrough();
  return { input, output: new PassThrough(), columns: 80, colour: false };
}

const never = new AbortController().signal;

describe('what is pasted', () => {
  test('ends with its END line', async () => {
    const window = aWindow();
    const pasted = readPaste(window, never);
    window.input.write(
      '-----BEGIN RUNBOOK DECISION-----\r\nabc\n-----END RUNBOOK DECISION-----\nrest\n',
    );
    expect(await pasted).toBe(
      '-----BEGIN RUNBOOK DECISION-----\nabc\n-----END RUNBOOK DECISION-----',
    );
  });

  test('is one line where it begins in no other way', async () => {
    const window = aWindow();
    const pasted = readPaste(window, never);
    window.input.write('runbook-decision:abc\n');
    expect(await pasted).toBe('runbook-decision:abc');
  });

  test('is nothing where an empty line comes first', async () => {
    const window = aWindow();
    const pasted = readPaste(window, never);
    window.input.write('\n');
    expect(await pasted).toBe(null);
  });

  test('is dropped when it was decided elsewhere', async () => {
    const window = aWindow();
    const decided = new AbortController();
    const pasted = readPaste(window, decided.signal);
    window.input.write('-----BEGIN RUNBOOK DECISION-----\n');
    decided.abort();
    await expect(pasted).rejects.toMatchObject({ name: 'AbortError' });
    await expect(readPaste(window, decided.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
