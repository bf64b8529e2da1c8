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

test('where nobody watches, a server says that it is ready in the form of its log', async () => {
  const dir = tempFolder();
  const signals = new EventEmitter();
  let stderr = '';
  const sink = (take: (text: string) => void) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        take(chunk.toString('utf8'));
        done();
      },
    });
  const io = {
    env: { RUNBOOK_CONFIG_DIR: join(dir, 'config'), RUNBOOK_STATE_DIR: join(dir, 'state') },
    cwd: dir,
    stdin: Object.assign(Readable.from([]), { isTTY: false }),
    stdout: Object.assign(
      sink(() => undefined),
      { isTTY: false },
    ),
    stderr: Object.assign(
      sink((text) => {
        stderr += text;
        signals.emit('SIGTERM');
      }),
      { isTTY: false },
    ),
    clock: systemClock,
    interrupts: listenForSignals(signals),
  };
  await run(['serve', '--listen', '127.0.0.1:0'], io);
  expect(JSON.parse(stderr.split('\n')[0] ?? '')).toMatchObject({
    time: expect.any(String) as string,
    event: 'serving',
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
    receptions: [],
  });
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
