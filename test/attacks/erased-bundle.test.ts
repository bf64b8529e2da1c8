import { describe, expect, test } from 'vitest';
import { composeBundle } from '../../src/audit/bundle/compose-bundle.ts';
import { parseBundle } from '../../src/audit/bundle/parse-bundle.ts';
import { readTar, writeTar } from '../../src/audit/bundle/tar.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { StepStarted } from '../../src/run/events.ts';
import { type BlobContent, blobsOf } from '../../src/run/named-blobs.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { type Court, decided, finished, gated, openCourt, say, started } from '../audit/court.ts';
import { breakGlass, openNight, review } from '../support/break-glass.ts';
import { exporting, verifying } from '../support/evidence.ts';
import { openScene } from '../support/scene.ts';
import { authorizationIn } from './erasing.ts';
import { forgeDecision } from './forge.ts';

const trusted: readonly BlobContent[] = ['people', 'policy', 'config'];

/** The bundle as if whoever exported it had not disclosed the plans. It takes no key. */
function stripped(bundle: Buffer): Buffer {
  const evidence = parseBundle(readTar(bundle));
  const named = evidence.entries.flatMap(({ seq, bytes }) =>
    bytes === null ? [] : blobsOf(recordedOf({ seq, bytes }).event),
  );
  const kept = new Set(named.filter(({ what }) => trusted.includes(what)).map(({ id }) => id));
  const blobs = evidence.blobs.filter(({ id }) => kept.has(id));
  return writeTar(composeBundle({ ...evidence, disclosed: [], blobs }));
}

async function court(person: 'ana' | 'robin', changes: Partial<StepStarted> = {}): Promise<Court> {
  const opened = await openCourt();
  const { scene } = opened;
  const signed = await forgeDecision(scene, scene.people[person].signer, { person });
  await say(opened, decided(opened, signed), await started(opened, changes), finished());
  return opened;
}

describe('a bundle that its plans were taken out of', () => {
  test.each([
    ['who approved for themselves', 'E_SELF_APPROVAL', () => court('ana')],
    ['another command', 'E_COMMAND_CHANGED', () => court('robin', { digest: sha256('rm -rf /') })],
  ] as const)('still shows %s', async (_what, code, open) => {
    const { scene, run } = await open();
    const { bundle } = await exporting(scene, { run });
    for (const each of [bundle, stripped(bundle)]) {
      const report = await verifying(each);
      expect(report.findings.map((finding) => finding.code)).toContain(code);
      expect(authorizationIn(report).ok).toBe(false);
      expect(report.exit_code).toBe(14);
    }
  });

  test('says how many starts it cannot replay, and does not call them allowed', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    const { bundle } = await exporting(scene, { run, disclosed: [] });
    const report = await verifying(bundle);
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(authorizationIn(report).ok).toBe(null);
    expect(authorizationIn(report).anchor).toContain(
      '1 privileged starts not replayed: plans were not disclosed',
    );
  });
});

describe('what only part of the log was read for', () => {
  const nothing = { receipts: [], pins: [], progress: () => undefined };

  test('is still found: a break-glass that nobody reviewed', async () => {
    const scene = openNight();
    await breakGlass(scene);
    scene.clock.shift(48 * 3_600_000);
    const report = await scene.service().verify({ ...nothing, since: 2 });
    expect(report.findings.map(({ code }) => code)).toEqual(['E_BREAK_GLASS']);
    expect(authorizationIn(report).ok).toBe(false);
    expect(report.exit_code).toBe(14);
  });

  test('is not found where somebody did review it', async () => {
    const scene = openNight();
    await breakGlass(scene);
    await review(scene, scene.people.kim);
    scene.clock.shift(48 * 3_600_000);
    const report = await scene.service().verify({ ...nothing, since: 2 });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(authorizationIn(report).ok).toBe(null);
  });
});
