import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Scope } from '../../src/approval/token.ts';
import { formatTime } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import { openServed } from '../support/click.ts';
import type { Scene, SceneOptions } from '../support/scene.ts';

/** Nobody has a key: robin clicks, kim is known by an address, sam by name alone. */
function openKeyless(options: Partial<SceneOptions> = {}): Scene {
  const scene = openServed(options);
  const [ana] = scene.trusted.people.split('\n  - { name: robin');
  scene.trusted.people = `${ana}
  - { name: robin, slack: [T0TEAM/U0ROBIN] }
  - { name: kim, emails: [kim@example.com] }
  - { name: sam }
`;
  return scene;
}

/** Only this person is asked. */
const askOnly = (name: string): Partial<SceneOptions> => ({
  policy: `
rules:
  - name: only
    when: "true"
    require: { approvals: [{ id: peer, from: [${name}] }] }
`,
});

async function giveToken(scene: Scene, scopes: readonly Scope[]): Promise<void> {
  const token = '0123456789abcdef';
  const data = {
    token,
    hash: sha256('secret'),
    holder: { kind: 'person', id: 'sam' },
    scopes,
    label: null,
    expires_at: formatTime(scene.clock.now().wallMs + 60_000),
    by: 'os:runbook@elsewhere',
  } as const;
  await scene.engine().store.commit({
    run: null,
    expectedVersion: null,
    commandId: `token.${token}`,
    events: [{ type: 'token.issued', data }],
  });
}

const refusal = { code: 'nobody_can_approve', exitCode: 13 };

describe('a run is refused before its first step', () => {
  test('where nobody has a key and clicks reach nobody', async () => {
    await expect(openKeyless().exec()).rejects.toMatchObject(refusal);
  });

  test('where clicks would not weigh enough', async () => {
    const policy = 'floor: { assurance: A3 }';
    const scene = openKeyless({ attesting: ['slack'], policy });
    await expect(scene.exec()).rejects.toMatchObject(refusal);
  });

  test('where addresses say nothing, and nobody else is asked', async () => {
    const scene = openKeyless({ attesting: ['slack'], ...askOnly('kim') });
    await expect(scene.exec()).rejects.toMatchObject(refusal);
  });

  test('where accounts of this host would not weigh enough, or are another host’s', async () => {
    const spool = { attesting: ['os'] } as const;
    const here = openKeyless(spool);
    here.trusted.people += `  - { name: lee, os_users: [lee@${hostname().toLowerCase()}] }\n`;
    await expect(here.exec()).rejects.toMatchObject(refusal);
    const away = openKeyless({ ...spool, policy: 'floor: { assurance: A0 }' });
    away.trusted.people += '  - { name: lee, os_users: [lee@elsewhere] }\n';
    await expect(away.exec()).rejects.toMatchObject(refusal);
  });

  test('where the only token does not decide', async () => {
    const scene = openKeyless(askOnly('sam'));
    await giveToken(scene, ['read']);
    await expect(scene.exec()).rejects.toMatchObject(refusal);
  });
});

describe('a run may begin', () => {
  test('where somebody’s clicks are taken', async () => {
    const scene = openKeyless({ attesting: ['slack'] });
    expect((await scene.exec()).status).toBe('waiting');
  });

  test('where somebody is known by an address and that counts', async () => {
    const scene = openKeyless({ attesting: ['slack', 'email'], ...askOnly('kim') });
    expect((await scene.exec()).status).toBe('waiting');
  });

  test('where somebody’s account of this host decides, and policy takes A0', async () => {
    const policy = 'floor: { assurance: A0 }';
    const scene = openKeyless({ attesting: ['os'], policy });
    scene.trusted.people += `  - { name: lee, os_users: [lee@${hostname().toLowerCase()}] }\n`;
    expect((await scene.exec()).status).toBe('waiting');
  });

  test('where somebody has a token that decides, until it ends', async () => {
    const scene = openKeyless(askOnly('sam'));
    await giveToken(scene, ['decide']);
    expect((await scene.exec()).status).toBe('waiting');
    scene.clock.shift(60_000);
    await expect(scene.exec()).rejects.toMatchObject(refusal);
  });
});
