import { expect } from 'vitest';
import { readTar } from '../../src/audit/bundle/tar.ts';
import { check, python } from '../support/auditor.ts';
import { breakGlass, openNight, review } from '../support/break-glass.ts';
import { exporting, verifying } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import { lendShards, openShards, startShard } from '../support/shards.ts';

testWith([python], 'a run under a lent approval comes with the run that lent it', async () => {
  const scene = openShards();
  const lender = await lendShards(scene);
  await startShard(scene, { shard: 2 });
  const { run } = await startShard(scene, { shard: 3 });
  const { bundle } = await exporting(scene, { run });
  expect(String([...readTar(bundle).values()])).toContain(lender.run);
  expect(await verifying(bundle)).toMatchObject({ exit_code: 0, findings: [] });
  expect(check(bundle)).toMatchObject({ exitCode: 0 });
});

testWith([python], 'broken glass comes with the review that it owed', async () => {
  const scene = openNight();
  const { run } = await breakGlass(scene);
  const owed = await exporting(scene, { run });
  const { verdicts } = await verifying(owed.bundle);
  expect(verdicts.find(({ name }) => name === 'authorization')?.anchor).toMatch(/reviews owed: 1/);
  expect(check(owed.bundle)).toMatchObject({ exitCode: 0 });

  await review(scene, scene.people.robin);
  const { bundle } = await exporting(scene, { run });
  const paid = await verifying(bundle);
  expect(paid).toMatchObject({ exit_code: 0, findings: [] });
  expect(JSON.stringify(paid)).not.toContain('reviews owed');
  expect(check(bundle).said).toMatch(/2 signatures/);
});
