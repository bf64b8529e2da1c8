import { expect, test } from 'vitest';
import { runTool } from '../../src/base/tool.ts';

test('a tool is given its input and answers bytes, words and a code', () => {
  const input = Buffer.from([0, 255, 10]);
  const result = runTool(['sh', '-c', 'cat; echo oops >&2; exit 3'], { input });
  expect(result).toEqual({ exitCode: 3, stdout: input, stderr: 'oops\n' });
});

test('arguments reach the tool as they are, past no shell', () => {
  expect(runTool(['printf', '%s|', '$HOME', 'a b', ';']).stdout.toString()).toBe('$HOME|a b|;|');
});

test('a missing tool is named, with what to do', () => {
  expect(() => runTool(['runbook-no-such-tool'])).toThrow(
    expect.objectContaining({
      name: 'UsageError',
      code: 'tool_missing',
      message: '`runbook-no-such-tool` is needed here and cannot be started',
    }),
  );
});

test('a tool that hangs is ended', () => {
  expect(() => runTool(['sleep', '60'], { timeoutMs: 50 })).toThrow(
    expect.objectContaining({ code: 'tool_timeout' }),
  );
});

test('a tool that closes its input early is no error', () => {
  expect(runTool(['true'], { input: Buffer.alloc(1_000_000) }).exitCode).toBe(0);
});

test('a tool ended by a signal answers what a shell would', () => {
  expect(runTool(['sh', '-c', 'kill -TERM $$']).exitCode).toBe(143);
});
