import { describe, expect } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { decided, finished, openCourt, say, started } from '../audit/court.ts';
import { check, python } from '../support/auditor.ts';
import { altered, codesOf, exporting } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';

describe('a bundle of a run in which not everything was in order', () => {
  testWith([python], 'cannot hide an entry behind its hash', async () => {
    const court = await openCourt();
    const { kim, robin } = court.scene.people;
    const no = { person: 'kim', decision: 'reject' as const, reason: 'no' };
    const rejected = decided(court, await forgeDecision(court.scene, kim.signer, no));
    const yes = await forgeDecision(court.scene, robin.signer, { person: 'robin' });
    await say(court, rejected);
    await say(court, decided(court, yes), await started(court), finished());
    const { size } = await court.scene.engine().store.head();
    for (const range of [null, { from: '0', to: String(size) }]) {
      const { bundle } = await exporting(court.scene, { run: court.run, range });
      expect(check(bundle).said).toMatch(/entry \d+: somebody had rejected it/);
      const hidden = altered(bundle, (files) => {
        for (const [name, bytes] of files) {
          if (name.startsWith('entries/') && bytes.includes('"decision":"reject"')) {
            files.delete(name);
            const hash = leafHash(bytes).toString('hex');
            files.set(name.replace('.json', '.pruned'), Buffer.from(`${hash}\n`));
          }
        }
      });
      expect(check(hidden)).toMatchObject({ exitCode: 1 });
      expect(check(hidden).said).toMatch(/\d+: its hash alone is here, and no entry says why/);
      expect(await codesOf(hidden)).toContain('E_SEQ');
    }
  });

  testWith([python], 'names nobody by a part of their name, or by a pattern', async () => {
    for (const person of ['zed|ana', 'an', 'ro.in', 'robin|']) {
      const court = await openCourt();
      const signed = await forgeDecision(court.scene, court.scene.people.robin.signer, { person });
      await say(court, decided(court, signed), await started(court), finished());
      const { bundle } = await exporting(court.scene, { run: court.run });
      expect(check(bundle).said).toContain(`the key is not ${person}'s`);
    }
  });

  testWith([python], 'cannot pass a start off as a probe, or as one that asks nobody', async () => {
    const permits = [{ kind: 'check', of: sha256('any') }, { kind: 'other' }];
    for (const permit of permits) {
      const court = await openCourt();
      const start = await started(court);
      await say(court, { ...start, data: { ...start.data, permit } } as typeof start, finished());
      const { bundle } = await exporting(court.scene, { run: court.run });
      expect(check(bundle).said, permit.kind).toContain('privileged, and nobody was asked');
      expect(check(bundle).exitCode).toBe(1);
    }
  });
});
