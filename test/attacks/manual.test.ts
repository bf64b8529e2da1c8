import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Caller } from '../../src/approval/people/initiator.ts';
import type { ChainLink } from '../../src/approval/people/people.ts';
import type { RunId } from '../../src/base/ids.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { execAs, signResume, signStart } from '../support/signed-start.ts';
import { forgeDecision } from './forge.ts';

const robins = `robin@${hostname()}`;

/** Robin has an account of this host, too. */
function open(runbook: string): Scene {
  const scene = openScene({ runbook });
  scene.trusted.people = scene.trusted.people.replace(
    'name: robin,',
    `name: robin, os_users: [${robins}],`,
  );
  return scene;
}

const plain = `
name: plain
steps:
  - { id: look, manual: look }
  - { id: use, run: echo used }
`;

const fed = `
name: fed
steps:
  - { id: look, manual: look, ask: { leader: { type: string, enum: [a, b], required: false } } }
  - id: use
    privileged: true
    exec: [echo, "\${{ steps.look.outputs.leader }}"]
`;

const decidedFirst = `
name: fed
steps:
  - { id: stop, privileged: true, run: echo stopped }
  - { id: look, manual: look, ask: { leader: { type: string } } }
  - { id: rest, manual: rest }
`;

interface Said {
  readonly run: string;
  readonly step?: string;
  readonly given?: Readonly<Record<string, string>>;
}

function done(scene: Scene, caller: Partial<Caller>, { run, step = 'look', given = {} }: Said) {
  const said = { run, step, outcome: 'succeeded', note: null, given } as const;
  return scene.service(undefined, caller).done(said);
}

async function doers(scene: Scene, run: RunId): Promise<readonly ChainLink[]> {
  const entries = await scene.service().events(run, 0);
  return entries.flatMap(({ event }) => (event.type === 'manual.done' ? [event.data.by] : []));
}

function verify(scene: Scene) {
  return scene.service().verify({ receipts: [], pins: [], progress: () => undefined });
}

describe('a manual step is done by nobody who did not prove it', () => {
  test.each<[string, Partial<Caller>]>([
    ['on whose behalf somebody says they act', { onBehalfOf: 'robin' }],
    ['whom the variable of sudo names', { sudoUser: 'robin' }],
  ])('not by the one %s', async (_what, claims) => {
    const scene = open(plain);
    const { run } = await scene.exec();
    await done(scene, { osUser: `mallory@${hostname()}`, ...claims }, { run });
    expect(await doers(scene, run)).toEqual([
      { role: 'caller', identity: `os:mallory@${hostname()}`, person: null },
    ]);
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('root is who became root', async () => {
    const scene = open(plain);
    const { run } = await scene.exec();
    await done(scene, { osUser: `root@${hostname()}`, sudoUser: 'robin' }, { run });
    expect(await doers(scene, run)).toMatchObject([{ role: 'sudo', person: 'robin' }]);
    expect((await verify(scene)).findings).toEqual([]);
  });
});

test('whoever started from a shared account is told what does say who they are', async () => {
  const caller = { osUser: `ops@${hostname()}` };
  const scene = openScene({ runbook: decidedFirst.replace('name: fed', 'name: gated'), caller });
  const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
  const { run } = await execAs(scene, {}, input);
  await scene.decide(scene.people.robin, 'approve');
  const signed = await signResume(scene, scene.people.ana.signer, { person: 'ana', run });
  await scene.service().resume({ run, given: {}, signed });
  await scene.service().drive(run, driving(scene));
  const refused = done(scene, {}, { run, given: { leader: 'b' } });
  await expect(refused).rejects.toMatchObject({
    code: 'initiator_unknown',
    hint: expect.not.stringContaining('--as') as string,
  });
  await done(scene, { osUser: `ana@${hostname()}` }, { run, given: { leader: 'b' } });
});

describe('whoever gives values does not approve what is made of them', () => {
  test('neither after they gave them', async () => {
    const scene = open(fed);
    const { run } = await scene.exec();
    await done(scene, { osUser: robins }, { run, given: { leader: 'b' } });
    await scene.resume(run);
    const { content } = await scene.open();
    expect(content.initiator.chain).toContainEqual({
      role: 'doer',
      identity: `os:${robins}`,
      person: 'robin',
    });
    expect(content.policy.slots[0]?.eligible).not.toContain('robin');
    const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    await expect(scene.service().decide(signed, 'cli')).rejects.toThrow(
      /in its chain as who gave it values/,
    );
    await scene.decide(scene.people.kim, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('nor before', async () => {
    const scene = open(decidedFirst);
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    await expect(
      done(scene, { osUser: robins }, { run, given: { leader: 'b' } }),
    ).rejects.toMatchObject({ code: 'decider_gives_values', exitCode: 13 });
    await done(scene, {}, { run, given: { leader: 'b' } });
    await scene.resume(run);
    // Without values nobody's word is made into anything.
    await done(scene, { osUser: robins }, { run, step: 'rest' });
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect((await verify(scene)).findings).toEqual([]);
  });
});
