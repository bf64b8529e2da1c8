import { beforeEach, describe, expect, test } from 'vitest';
import { aKey, forgeDecision } from '../attacks/forge.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { decided, gated, openCourt, receiptsOf, say, verify } from './court.ts';

let scene: Scene;
beforeEach(() => {
  scene = openScene({ runbook: gated });
});

async function approvedRun(who: 'robin' | 'kim' = 'robin'): Promise<void> {
  const { run } = await scene.exec();
  await scene.decide(scene.people[who], 'approve');
  expect((await scene.resume(run)).status).toBe('succeeded');
}

/** What is wrong; warnings are not. */
async function wrong(of: Scene = scene): Promise<readonly string[]> {
  const { findings } = await verify(of, { receipts: receiptsOf(of, 'robin') });
  return findings.map(({ code }) => code).filter((code) => code.startsWith('E_'));
}

const line = (of: Scene, who: 'robin' | 'kim'): string => of.people[who].signer.publicKey;

/** Takes a key out of `people.yaml`, or puts another in its place; the next command records that. */
function replaceKey(of: Scene, who: 'robin' | 'kim', by: string): void {
  const { trusted } = of;
  trusted.people = trusted.people.replace(`"${line(of, who)}"`, by);
}

describe("an approver's key is judged by the people in force when it signed", () => {
  test('approvals of a key that was removed since still stand', async () => {
    await approvedRun();
    replaceKey(scene, 'robin', '');
    await approvedRun('kim');
    expect(await wrong()).toEqual([]);
  });

  test('approvals of a person who has another key since still stand', async () => {
    await approvedRun();
    replaceKey(scene, 'robin', `"${aKey().publicKey}"`);
    await approvedRun('kim');
    expect(await wrong()).toEqual([]);
  });

  test('approvals stay with the person whose key it was, whoever is given it later', async () => {
    await approvedRun();
    // Ana, who started that run, takes over the key that had approved it.
    const robins = line(scene, 'robin');
    replaceKey(scene, 'robin', '');
    scene.trusted.people = scene.trusted.people.replace('ssh_keys: [', `ssh_keys: ["${robins}", `);
    await approvedRun('kim');
    expect(await wrong()).toEqual([]);
  });

  test('a removed key decides nothing more', async () => {
    await scene.exec();
    replaceKey(scene, 'robin', '');
    await scene.service().initialise();
    await expect(scene.decide(scene.people.robin, 'approve')).rejects.toMatchObject({
      exitCode: 13,
    });
    const { robin } = scene.people;
    const signed = await forgeDecision(scene, robin.signer, { person: 'robin' });
    await expect(scene.service().decide(signed, 'offline')).rejects.toMatchObject({ exitCode: 13 });
  });

  test('written past every check, its decision is a finding', async () => {
    const court = await openCourt();
    replaceKey(court.scene, 'robin', '');
    await court.scene.service().initialise();
    const { signer } = court.scene.people.robin;
    const signed = await forgeDecision(court.scene, signer, { person: 'robin' });
    await say(court, decided(court, signed));
    const { findings } = await verify(court.scene);
    expect(findings.map(({ code }) => code)).toEqual(['E_APPROVAL']);
  });

  test('a key that was added later makes no earlier decision good', async () => {
    const court = await openCourt();
    const late = aKey();
    const signed = await forgeDecision(court.scene, late, { person: 'robin' });
    await say(court, decided(court, signed));
    replaceKey(court.scene, 'robin', `"${late.publicKey}"`);
    await court.scene.service().initialise();
    const { findings } = await verify(court.scene);
    expect(findings.map(({ code }) => code)).toEqual(['E_APPROVAL']);
  });
});
