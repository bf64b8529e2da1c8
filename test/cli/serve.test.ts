import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openServing } from '../../src/app.ts';
import { tempFolder } from '../support/temp-folder.ts';

const runbook = 'steps:\n  - { id: look, exec: [echo, hello] }\n';

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
