import { EventEmitter } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { openServing } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { listenForSignals } from '../../src/cli/interrupts.ts';
import { run } from '../../src/cli/run.ts';
import { tempFolder } from '../support/temp-folder.ts';

const runbook = 'steps:\n  - { id: look, exec: [echo, hello] }\n';

/** Starts a server, and stops it once it said so much. */
async function serveUntil(
  said: RegExp,
  of: { readonly terminal: boolean; readonly config?: Readonly<Record<string, string>> },
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const dir = tempFolder();
  const config = tempFolder(of.config ?? {});
  const signals = new EventEmitter();
  const text = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof text) => {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text[name] += chunk.toString('utf8');
        if (said.test(text[name])) {
          signals.emit('SIGTERM');
        }
        done();
      },
    });
    return Object.assign(stream, { isTTY: of.terminal });
  };
  const io = {
    env: { RUNBOOK_CONFIG_DIR: config, RUNBOOK_STATE_DIR: join(dir, 'state') },
    cwd: dir,
    stdin: Object.assign(Readable.from([]), { isTTY: false }),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    clock: systemClock,
    interrupts: listenForSignals(signals),
  };
  const exitCode = await run(['serve', '--listen', '127.0.0.1:0'], io);
  return { exitCode, ...text };
}

test('where nobody watches, a server says that it is ready in the form of its log', async () => {
  const { stderr } = await serveUntil(/\n/, { terminal: false });
  const line = JSON.parse(stderr.split('\n')[0] ?? '') as { url: string; pages: string };
  expect(line).toMatchObject({
    time: expect.any(String) as string,
    event: 'serving',
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
    origin: expect.stringMatching(/^runbook\//) as string,
    receptions: [],
  });
  expect(line.pages).toBe(line.url.replace('127.0.0.1', 'localhost'));
});

test('to whoever watches, a server names its pages, and says how somebody gets in for the first time', async () => {
  const { stderr } = await serveUntil(/Ctrl-C stops/, { terminal: true });
  expect(stderr).toMatch(
    /^listening on http:\/\/localhost:\d+\njournal runbook\/\w+\nreviewers are reached by the pages\nnobody can log in to the pages yet: `runbook passkey invite NAME` prints a link for somebody\ndriving /,
  );
});

test('a server names every way to reach reviewers, and whom they log in with', async () => {
  const issuer = 'issuer: "http://127.0.0.1:9", client_id: runbook';
  const { stderr } = await serveUntil(/Ctrl-C stops/, {
    terminal: true,
    config: {
      'config.yaml': `login: { oidc: [{ name: Example SSO, ${issuer} }] }\nchannels: { webhooks: [{ name: ops, url: "https://example.com/hook", secret: { env: HOOK } }] }\n`,
    },
  });
  expect(stderr).toContain('\nreviewers are reached by the pages, webhooks\n');
  expect(stderr).toContain('\npeople log in to the pages by Example SSO\n');
});

test('a server does not start under rules that cannot be read, and says where they are wrong', async () => {
  for (const file of ['policy.yaml', 'people.yaml', 'config.yaml']) {
    const { exitCode, stdout, stderr } = await serveUntil(/serving/, {
      terminal: false,
      config: { [file]: 'nonsense: 1\n' },
    });
    expect.soft([exitCode, stdout]).toEqual([2, '']);
    expect.soft(stderr).toContain(`/${file}:1:1: unknown key \`nonsense\`\n`);
  }
});

test('a server has the runbooks of its trusted folders and of RUNBOOK_PATH, and none of the folder it was started in', async () => {
  const dir = tempFolder({
    'runbooks/here.yaml': `name: here\n${runbook}`,
    'trusted/there.yaml': `name: there\n${runbook}`,
    'named/by-path.yaml': `name: by-path\n${runbook}`,
  });
  const config = tempFolder({ 'config.yaml': `trusted_folders: ["${dir}/trusted"]\n` });
  const env = {
    RUNBOOK_CONFIG_DIR: config,
    RUNBOOK_STATE_DIR: join(dir, 'state'),
    RUNBOOK_PATH: join(dir, 'named'),
  };
  const office = openServing(
    { env, cwd: dir, terminal: null },
    { url: null, workers: 1, graceMs: 0, log: () => undefined },
  );
  onTestFinished(() => office.close());
  const service = office.serviceFor({ osUser: `${userInfo().username}@${hostname()}` });
  expect((await service.runbooks()).map(({ name }) => name)).toEqual(['by-path', 'there']);
  await expect(service.openRunbook('here')).rejects.toThrow('there is no runbook `here`');
});
