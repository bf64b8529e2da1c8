import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { approverDir, configDir, stateDir } from '../../src/config/paths.ts';
import { tempFolder } from '../support/temp-folder.ts';

const nowhere = '/does/not/exist';

test('places follow the XDG specification', () => {
  const env = {
    HOME: '/home/ana',
    XDG_CONFIG_HOME: '/c',
    XDG_STATE_HOME: '/s',
    XDG_DATA_HOME: '/d',
  };
  expect(configDir(env, nowhere)).toBe('/c/runbook');
  expect(stateDir(env)).toBe('/s/runbook');
  expect(approverDir(env)).toBe('/d/runbook-approver');
});

test('without XDG variables they lie in the home folder', () => {
  const env = { HOME: '/home/ana' };
  expect(configDir(env, nowhere)).toBe('/home/ana/.config/runbook');
  expect(stateDir(env)).toBe('/home/ana/.local/state/runbook');
  expect(approverDir(env)).toBe('/home/ana/.local/share/runbook-approver');
});

test('without HOME the home folder is the one the system knows', () => {
  expect(stateDir({})).toBe(join(homedir(), '.local/state/runbook'));
});

test('our own variables come first, and empty ones count as unset', () => {
  const env = {
    HOME: '/home/ana',
    RUNBOOK_CONFIG_DIR: '/x/config',
    RUNBOOK_STATE_DIR: '/x/state',
    RUNBOOK_APPROVER_DIR: '/x/approver',
  };
  expect([configDir(env, nowhere), stateDir(env), approverDir(env)]).toEqual([
    '/x/config',
    '/x/state',
    '/x/approver',
  ]);
  expect(stateDir({ HOME: '/home/ana', RUNBOOK_STATE_DIR: '' })).toBe(
    '/home/ana/.local/state/runbook',
  );
});

test('a relative XDG variable is ignored', () => {
  expect(stateDir({ HOME: '/home/ana', XDG_STATE_HOME: 'state' })).toBe(
    '/home/ana/.local/state/runbook',
  );
});

test('the configuration of the machine cannot be overridden', () => {
  const system = tempFolder();
  expect(configDir({ RUNBOOK_CONFIG_DIR: '/home/ana/mine' }, system)).toBe(system);
});
