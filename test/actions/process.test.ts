import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ActionResult, maxCaptureBytes } from '../../src/actions/action.ts';
import type { Command } from '../../src/runbook/command.ts';
import {
  aCommand,
  actions,
  aScript,
  eventually,
  inFolder,
  path,
  run,
  start,
  writeProgram,
} from './scene.ts';

const secret = (name: string) => ({ secret: name, commitment: 'f'.repeat(64) }) as never;

function exited(result: ActionResult): Extract<ActionResult, { kind: 'exited' }> {
  if (result.kind !== 'exited') {
    throw new Error(`${result.kind}: ${'message' in result ? result.message : ''}`);
  }
  return result;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie can be signalled too.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a script', () => {
  test('gives its output, its raw stdout and its exit code', async () => {
    const { result, stdout, stderr } = await run(aScript('echo out; echo err >&2; exit 3'));
    expect(exited(result)).toMatchObject({ exitCode: 3, signal: null, ended: 'itself' });
    expect(exited(result).stdout).toEqual({ bytes: Buffer.from('out\n'), complete: true });
    expect([stdout, stderr]).toEqual(['out\n', 'err\n']);
  });

  test('ends at the first command that fails', async () => {
    const { result, stdout } = await run(aScript('echo one; false; echo two'));
    expect(exited(result).exitCode).toBe(1);
    expect(stdout).toBe('one\n');
  });

  test('ends at a variable that nobody set', async () => {
    const { result, stderr } = await run(aScript('echo "$NOBODY"; echo went on'));
    expect(exited(result).exitCode).not.toBe(0);
    expect(stderr).toContain('NOBODY');
  });

  test('fails with any part of a pipe under bash', async () => {
    expect(exited((await run(aScript('false | true', 'bash'))).result).exitCode).toBe(1);
    expect(exited((await run(aScript('false | true', 'sh'))).result).exitCode).toBe(0);
  });

  test('sees its own environment, the attempt and the output file, and nothing else', async () => {
    const { stdout } = await run({
      ...aScript('env'),
      env: { PATH: [path], GREETING: ['a ', 'b'] },
    });
    const names = stdout
      .match(/^\w+(?==)/gm)
      ?.filter((name) => !['PWD', '_', 'SHLVL', 'OLDPWD'].includes(name));
    expect(names?.sort()).toEqual(['GREETING', 'PATH', 'RUNBOOK_ATTEMPT', 'RUNBOOK_OUTPUT']);
    expect(stdout).toContain('GREETING=a b\n');
    expect(stdout).toContain('RUNBOOK_ATTEMPT=0123456789abcdef0123456789abcdef\n');
  });

  test('reads an empty stdin and has no terminal', async () => {
    const { stdout } = await run(
      aScript('wc -c; tty || true; (: </dev/tty) 2>/dev/null || echo none'),
    );
    expect(stdout).toBe('0\nnot a tty\nnone\n');
  });

  test('ended by a signal says which', async () => {
    expect(exited((await run(aScript('kill -USR1 $$'))).result)).toMatchObject({
      exitCode: null,
      signal: 'SIGUSR1',
      ended: 'itself',
    });
  });

  test('knows itself as `sh` in its messages', async () => {
    expect((await run(aScript('echo "$0"'))).stdout).toBe('sh\n');
  });
});

describe('an argv', () => {
  test('reaches the program word by word, with nothing expanded', async () => {
    const argv = ['printf', '[%s]', '$HOME', '*', 'a b', "'; id", ''];
    expect((await run({ action: { kind: 'exec', argv } })).stdout).toBe("[$HOME][*][a b]['; id][]");
  });

  test('starts a program relative to the folder, under the name that was written', async () => {
    await inFolder(async (cwd) => {
      writeProgram(join(cwd, 'tool'), '#!/bin/sh\necho "$0 $1 $PWD"');
      const { stdout } = await run({ cwd, action: { kind: 'exec', argv: ['./tool', 'x'] } });
      expect(stdout).toBe(`${join(cwd, 'tool')} x ${cwd}\n`);
    });
  });

  test.each([
    ['a text without `#!`', 'echo plain'],
    ['bytes that no kernel knows', '\0\x01\necho plain'],
  ])('runs %s with the sh that was bound', async (_, text) => {
    await inFolder(async (cwd) => {
      writeProgram(join(cwd, 'tool'), text);
      const changes: Partial<Command> = { cwd, action: { kind: 'exec', argv: ['./tool'] } };
      const command = actions.bind(aCommand(changes), true);
      expect(command.programs[1]?.path).toBe(realpathSync('/bin/sh'));
      expect((await start(command)).stdout).toBe('plain\n');
    });
  });
});

describe('what cannot start says so in words', () => {
  test.each<[string, Partial<Command>, string]>([
    ['a script that is too long', aScript(`: ${'x'.repeat(200_000)}`), 'too big for the kernel'],
    ['a NUL in the environment', { env: { PATH: [path], A: ['secret\0value'] } }, 'a NUL byte'],
  ])('%s', async (_, changes, words) => {
    const { result } = await run(changes);
    expect(result.kind).toBe('not_started');
    expect(JSON.stringify(result)).toContain(words);
    expect(JSON.stringify(result)).not.toContain('value"');
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test('a secret without a value', async () => {
    const { result } = await run({ env: { PATH: [path], TOKEN: [secret('env.TOKEN')] } });
    expect(result).toEqual({ kind: 'not_started', message: 'the secret `env.TOKEN` has no value' });
  });

  test('an action that was cancelled before', async () => {
    const { result } = await run(aScript('echo ran'), { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ kind: 'not_started' });
  });
});

describe('secrets', () => {
  const value = 'correct horse/battery+staple';
  const secrets = new Map([['params.token', value]]);
  const env = { PATH: [path], TOKEN: [secret('params.token')] };

  test('reach the step and are masked on the way out, in every usual spelling', async () => {
    const script = `
      printf '%s' "$TOKEN" | wc -c
      echo "plain $TOKEN"
      printf '%s' "$TOKEN" | base64 | tr -d '\\n'; echo
      echo 'url ${encodeURIComponent(value)}' >&2
    `;
    const { result, stdout, stderr } = await run({ ...aScript(script), env }, { secrets });
    expect(stdout).toBe(`${value.length}\nplain ***\n***\n`);
    expect(stderr).toBe('url ***\n');
    expect(exited(result).stdout.bytes.toString()).toContain(value);
  });

  test('are masked when a write splits them', async () => {
    const script = 'printf %s "${TOKEN%battery*}"; sleep 0.1; printf %s "battery${TOKEN#*battery}"';
    const { stdout } = await run({ ...aScript(script), env }, { secrets });
    expect(stdout).toBe('***');
  });

  test('are joined with the text around them', async () => {
    const header = { PATH: [path], AUTH: ['Bearer ', secret('params.token'), '!'] };
    const { result } = await run({ ...aScript('echo "$AUTH"'), env: header }, { secrets });
    expect(exited(result).stdout.bytes.toString()).toBe(`Bearer ${value}!\n`);
  });
});

describe('RUNBOOK_OUTPUT', () => {
  test('is taken raw, and its folder is gone afterwards', async () => {
    const script =
      'echo "key=value" >> "$RUNBOOK_OUTPUT"; stat -c %a "$RUNBOOK_OUTPUT"; stat -c %a "${RUNBOOK_OUTPUT%/*}"; echo "$RUNBOOK_OUTPUT"';
    const { result, stdout } = await run(aScript(script));
    const [fileMode, folderMode, file = ''] = stdout.split('\n');
    expect([fileMode, folderMode]).toEqual(['600', '700']);
    expect(exited(result).outputFile).toBe('key=value\n');
    expect(exited(result).outputFileFault).toBeUndefined();
    expect(existsSync(dirname(file))).toBe(false);
  });

  test.each([
    ['removed', 'rm "$RUNBOOK_OUTPUT"'],
    ['made a FIFO', 'rm "$RUNBOOK_OUTPUT"; mkfifo "$RUNBOOK_OUTPUT"'],
    ['longer than a mebibyte', 'head -c 1048577 /dev/zero > "$RUNBOOK_OUTPUT"'],
  ])('%s is a fault, not a value', async (_, script) => {
    const { outputFile, outputFileFault } = exited((await run(aScript(script))).result);
    expect(outputFile).toBe('');
    expect(outputFileFault).toContain('RUNBOOK_OUTPUT');
  });
});

describe('a step ends', () => {
  test('when its own process ends, though a grandchild holds the pipe', async () => {
    const begin = performance.now();
    const { result, stdout } = await run(aScript('sleep 30 & echo $!'));
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(exited(result)).toMatchObject({ exitCode: 0, ended: 'itself' });
    process.kill(Number(stdout));
  });

  test('even where the grandchild never stops writing, and nothing is passed on afterwards', async () => {
    let chunks = 0;
    const begin = performance.now();
    const script = '(while :; do echo x; sleep 0.02; done) & echo done';
    const { result } = await run(aScript(script), { output: () => (chunks += 1) });
    const before = chunks;
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(exited(result).exitCode).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(chunks).toBe(before);
  });

  test('and leaves alive what it started on purpose', async () => {
    const { stdout } = await run(aScript('sleep 30 >/dev/null 2>&1 & echo $!'));
    expect(isAlive(Number(stdout))).toBe(true);
    process.kill(Number(stdout));
  });

  test('at its timeout, with its whole group, also those who ignore SIGTERM', async () => {
    const script = `
      sh -c 'trap "" TERM; echo $$; while :; do sleep 0.1; done' &
      sleep 30 & echo $!
      echo $$
      wait
    `;
    const { result, stdout } = await run({ ...aScript(script), timeout_ms: 400 });
    expect(exited(result)).toMatchObject({ ended: 'timeout', signal: 'SIGTERM' });
    const pids = stdout.trim().split('\n').map(Number);
    expect(pids).toHaveLength(3);
    expect(await eventually(() => !pids.some(isAlive))).toBe(true);
  });

  test('when it is cancelled, after the grace it was given', async () => {
    const abort = new AbortController();
    const { result } = await run(
      aScript(`trap 'echo cleaned up; exit 9' TERM; echo ready; while :; do sleep 0.05; done`),
      {
        signal: abort.signal,
        graceMs: 5000,
        output: () => abort.abort(),
      },
    );
    expect(exited(result)).toMatchObject({ ended: 'cancelled', exitCode: 9 });
    expect(exited(result).stdout.bytes.toString()).toBe('ready\ncleaned up\n');
  });
});

test('stdout is kept up to the limit, and passed on whole', async () => {
  let passed = 0;
  const { result } = await run(aScript('head -c 3000000 /dev/zero'), {
    output: (_, chunk) => {
      passed += chunk.length;
    },
  });
  const { stdout } = exited(result);
  expect(stdout.bytes.length).toBe(maxCaptureBytes);
  expect(stdout.complete).toBe(false);
  expect(passed).toBe(3_000_000);
});

test('an output that cannot be taken does not abandon the step, and is thrown when it has ended', async () => {
  await inFolder(async (cwd) => {
    const running = run(
      { ...aScript('echo one; sleep 0.2; echo two; touch finished'), cwd },
      {
        output: () => {
          throw new Error('the disk is full');
        },
      },
    );
    await expect(running).rejects.toThrow('the disk is full');
    expect(existsSync(join(cwd, 'finished'))).toBe(true);
  });
});
