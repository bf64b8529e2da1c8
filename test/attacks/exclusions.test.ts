import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { click } from '../support/click.ts';
import { openRepository } from '../support/git-repository.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { aKey, forgeDecision } from './forge.ts';

const first = `
name: gated
steps:
  - id: before
    run: "true"
`;

const gated = `${first}  - id: restart
    privileged: true
    run: echo it ran
`;

const policy = (exclude: string): string =>
  `rules: [{ name: eyes, when: step.privileged, require: { approvals: [{ id: peer, from: ["*"] }], exclude: [${exclude}] } }]`;

const emails = (text: string): string =>
  ['ana', 'robin', 'kim'].reduce(
    (all, name) => all.replace(`name: ${name},`, `name: ${name}, emails: [${name}@example.com],`),
    text,
  );

/** Kim wrote the first step, and `author` the privileged one. */
function aHistory(author: string, committer = author): Scene {
  const scene = openScene({
    runbook: first,
    policy: policy('step_author'),
    files: { '.gitignore': '.*\n' },
  });
  scene.trusted.people = emails(scene.trusted.people);
  const repository = openRepository(scene.dir);
  repository.commit('kim@example.com');
  writeFileSync(join(scene.dir, 'runbook.yaml'), gated);
  repository.commit(author, committer);
  return scene;
}

/** Whatever they hand in, recorded or refused, fills nothing. */
async function fillsNothing(scene: Scene, name: 'robin' | 'kim'): Promise<void> {
  const signed = await forgeDecision(scene, scene.people[name].signer, { person: name });
  await Promise.allSettled([scene.service().decide(signed, 'cli')]);
  await Promise.allSettled([click(scene, { by: name })]);
  expect((await scene.open()).missing).toMatchObject([{ slot: 'eyes/peer', count: 1 }]);
}

describe('whoever wrote a step does not approve it', () => {
  test.each([
    ['as its author', 'Robin@example.com', 'ana@example.com'],
    ['as its committer', 'ana@example.com', 'robin@example.com'],
  ])('%s', async (_how, author, committer) => {
    const scene = aHistory(author, committer);
    const { run } = await scene.exec();
    await fillsNothing(scene, 'robin');
    // Who wrote another step of the runbook has not written this one.
    await scene.decide(scene.people.kim, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await scene.service().verify(outside)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('nor does anybody while nobody knows who wrote it', async () => {
    const scene = aHistory('made-up@example.com');
    expect(await scene.exec()).toMatchObject({ status: 'denied', exit_code: 13 });
    const [entry] = await scene.service().runs(1);
    expect(await scene.service().status(entry?.run ?? '')).toMatchObject({
      reason: expect.stringContaining('`made-up@example.com` is nobody') as string,
    });
  });

  test.each<[string, (dir: string) => void]>([
    ['what is not committed', (dir) => appendFileSync(join(dir, 'runbook.yaml'), '# more\n')],
    ['what lies in no repository', (dir) => rmSync(join(dir, '.git'), { recursive: true })],
  ])('nor of %s', async (_what, change) => {
    const scene = aHistory('robin@example.com');
    change(scene.dir);
    const report = await scene.exec();
    expect(report).toMatchObject({ status: 'denied' });
    expect(report.reason).toContain('git cannot say who did');
  });

  test('and git is asked by no other policy', async () => {
    const scene = aHistory('robin@example.com');
    scene.trusted.policy = '';
    const { run } = await scene.exec();
    const [started] = await scene.service().events(run, 0);
    expect(started?.event.data).not.toHaveProperty('authors');
  });
});

const outside = { receipts: [], pins: [], progress: () => undefined };

const twice = `
name: twice
steps:
  - id: first
    privileged: true
    run: echo first
  - id: second
    privileged: true
    run: echo second
`;

const third = `  - id: third
    privileged: true
    run: echo third
`;

describe('whoever approved an earlier step does not approve the next', () => {
  test('by another identity of theirs neither', async () => {
    const scene = openScene({ runbook: twice, policy: policy('earlier_approver') });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    await fillsNothing(scene, 'robin');
    await scene.decide(scene.people.kim, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await scene.service().verify(outside)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('nor where a rule came to say so after they had', async () => {
    const scene = openScene({ runbook: twice });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    await scene.decide(scene.people.robin, 'approve');
    scene.trusted.policy = policy('earlier_approver');
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    await fillsNothing(scene, 'robin');
  });

  test('under a new name neither', async () => {
    const scene = openScene({
      runbook: twice.concat(third),
      policy: policy('earlier_approver'),
    });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    scene.trusted.people = scene.trusted.people.replace('name: robin', 'name: rob');
    const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'rob' });
    await Promise.allSettled([scene.service().decide(signed, 'cli')]);
    const waiting = await scene.resume(run);
    expect(waiting).toMatchObject({ status: 'waiting' });
    expect(waiting.steps[1]).toMatchObject({ status: 'waiting' });
    await scene.decide(scene.people.kim, 'approve');
    expect((await scene.resume(run)).steps[1]).toMatchObject({ status: 'succeeded' });
    expect(await scene.service().verify(outside)).toMatchObject({ findings: [] });
  });

  test('and nobody does once nobody knows who that was', async () => {
    const scene = openScene({ runbook: twice, policy: policy('earlier_approver') });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    scene.trusted.people = scene.trusted.people
      .replace('name: robin', 'name: rob')
      .replace(scene.people.robin.signer.publicKey, aKey().publicKey);
    await scene.decide(scene.people.kim, 'approve');
    expect(await scene.resume(run)).toMatchObject({
      status: 'denied',
      reason: expect.stringContaining('`robin`, who did, is nobody') as string,
    });
    expect(await scene.service().verify(outside)).toMatchObject({ findings: [] });
  });
});
