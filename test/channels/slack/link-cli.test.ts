import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  claimLink,
  formatCode,
  formatLink,
  linkKey,
  parseLink,
} from '../../../src/approval/people/account-link.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open-store.ts';
import { aScene, type Scene } from '../../cli/scene.ts';
import { storeOptions } from '../../support/temp-store.ts';

interface Begun {
  readonly person: string;
  readonly code: string;
  readonly next: { readonly command: string };
}

async function openTerminal(): Promise<Scene> {
  const scene = aScene();
  onTestFinished(() => scene.close());
  expect(await scene.run('init', '--person', 'ana', '--no-example')).toMatchObject({ exitCode: 0 });
  return scene;
}

async function begin(scene: Scene): Promise<Begun> {
  return JSON.parse((await scene.run('people', 'link', 'slack', '--json')).stdout) as Begun;
}

/** What the receiver does when this code is typed in Slack: answers the code that Slack shows. */
async function typeInSlack(scene: Scene, { person, code }: Begun): Promise<string> {
  const store = openSqliteStore(storeOptions(join(scene.dir, 'state')));
  const link = parseLink((await store.getNote('slack', linkKey(person))) ?? '');
  const account = { identity: 'slack:T0TEAM/U0ANA', name: 'Ana \u001b[31mExample' };
  const nowMs = (link?.expires_ms ?? 0) - 1;
  const step = claimLink(link === null ? [] : [link], code, { account, nowMs });
  if (step.kind === 'refused') {
    throw new Error(step.message);
  }
  await store.putNote('slack', linkKey(person), formatLink(step.link));
  await store.close();
  return step.claim.answer;
}

const peopleIn = (scene: Scene) => readFileSync(join(scene.dir, 'config', 'people.yaml'), 'utf8');

describe('runbook people link slack', () => {
  test('says what to do, and which command comes after it', async () => {
    const scene = await openTerminal();
    const { stdout, exitCode } = await scene.run('people', 'link', 'slack');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\n {4}[0-9A-Z]{4}-[0-9A-Z]{4}\n/);
    expect(stdout).toContain('Then: runbook people link slack --answer CODE\n');
  });

  test('writes the account into people.yaml once both codes were typed', async () => {
    const scene = await openTerminal();
    const answer = await typeInSlack(scene, await begin(scene));
    const said = await scene.run('people', 'link', 'slack', '--answer', formatCode(answer));
    expect(said.exitCode).toBe(0);
    expect(said.stdout).not.toContain('\u001b');
    expect(said.stdout).toContain('(T0TEAM/U0ANA) now decides as ana');
    expect(peopleIn(scene)).toContain('T0TEAM/U0ANA');
  });

  test('refuses a code that Slack did not show', async () => {
    const scene = await openTerminal();
    await typeInSlack(scene, await begin(scene));
    const said = await scene.run('people', 'link', 'slack', '--answer', '00000000', '--json');
    expect({ ...said, stderr: JSON.parse(said.stderr) as unknown }).toMatchObject({
      exitCode: 13,
      stdout: '',
      stderr: { code: 'link_refused' },
    });
    expect(peopleIn(scene)).not.toContain('slack');
  });

  test.runIf(process.geteuid?.() !== 0)(
    'prints the command for whoever keeps people.yaml where that is somebody else',
    async () => {
      const scene = await openTerminal();
      const answer = await typeInSlack(scene, await begin(scene));
      chmodSync(join(scene.dir, 'config'), 0o500);
      const said = await scene.run('people', 'link', 'slack', '--answer', answer);
      chmodSync(join(scene.dir, 'config'), 0o700);
      expect(said.stdout).toContain('runbook people add ana --slack T0TEAM/U0ANA');
    },
  );

  test('knows no other chat', async () => {
    const scene = await openTerminal();
    const said = await scene.run('people', 'link', 'irc', '--json');
    expect(said).toMatchObject({ exitCode: 2 });
    expect(said.stderr).toContain('link_channel_unknown');
  });
});
