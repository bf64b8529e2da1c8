import { describe, expect, test } from 'vitest';
import { programTexts } from '../../../src/audit/bundle/program-texts.ts';
import { sha256 } from '../../../src/base/digest.ts';
import { JournalError } from '../../../src/base/errors.ts';
import { gated } from '../../audit/court.ts';
import { altered, exporting, verifying } from '../../support/evidence.ts';
import { openScene, type Scene } from '../../support/scene.ts';

async function approved(): Promise<Scene> {
  const scene = openScene({ runbook: gated });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  return scene;
}

describe('a file of a bundle that no entry proves', () => {
  test('is named where it is not the text of this version', async () => {
    const { bundle } = await exporting(await approved());
    for (const name of Object.keys(programTexts)) {
      const swapped = altered(bundle, (files) => files.set(name, Buffer.from('all fine\n')));
      const { findings, exit_code: exit } = await verifying(swapped);
      expect(findings.map(({ code, message }) => [code, message])).toEqual([
        ['W_MANIFEST', expect.stringContaining(`\`${name}\` is not this version's`)],
      ]);
      expect(exit).toBe(0);
    }
  });

  test('lists what is withheld, and nothing else', async () => {
    const scene = await approved();
    const { bundle } = await exporting(scene, { disclosed: [] });
    expect(await verifying(bundle)).toMatchObject({ findings: [], exit_code: 0 });
    for (const change of [
      (text: string) => `${text}7,plan,${'ab'.repeat(32)},erased\n`,
      (text: string) => text.split('\n').slice(0, -2).join('\n'),
      () => '',
    ]) {
      const swapped = altered(bundle, (files) =>
        files.set('withheld.csv', Buffer.from(change(String(files.get('withheld.csv'))))),
      );
      const { findings } = await verifying(swapped);
      expect(findings.map(({ code }) => code)).toEqual(['E_MANIFEST']);
    }
  });
});

test('content that no entry names is not part of a bundle', async () => {
  const { bundle } = await exporting(await approved());
  const salt = Buffer.alloc(32, 7);
  const content = Buffer.from('the plan was another one\n');
  const id = sha256(Buffer.concat([salt, content]));
  for (const names of [
    { [`blobs/${id}`]: content, [`blobs/${id}.salt`]: salt },
    { [`openings/${id}`]: salt },
  ]) {
    const more = altered(bundle, (files) =>
      Object.entries(names).forEach(([name, bytes]) => files.set(name, bytes)),
    );
    expect((await verifying(more)).findings.map(({ code }) => code)).toEqual(['E_MANIFEST']);
  }
});

describe('the journal that a bundle is from', () => {
  test('says of the very file that it was exported, and of another that it was not', async () => {
    const scene = await approved();
    const { bundle } = await exporting(scene);
    const own = () => scene.openStore();
    const [integrity] = (await verifying(bundle, {}, own)).verdicts;
    expect(integrity?.anchor).toMatch(/; entry \d+ of the journal here says that it was exported$/);
    const swapped = altered(bundle, (files) => files.set('findings.json', Buffer.from('{}\n')));
    const { findings, exit_code: exit } = await verifying(swapped, {}, own);
    expect(findings).toMatchObject([{ code: 'W_MANIFEST', index: null }]);
    expect(findings[0]?.message).toContain('no `evidence.exported` entry has its SHA-256');
    expect(exit).toBe(0);
  });

  test('is not needed, and may be past reading', async () => {
    const { bundle } = await exporting(await approved());
    const report = await verifying(bundle, {}, () => {
      throw new JournalError({ code: 'store_unreadable', message: 'it cannot be read' });
    });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(report.verdicts[0]?.anchor).toContain('could not be asked: it cannot be read');
  });

  test('says nothing of the bundle of another', async () => {
    const { bundle } = await exporting(await approved());
    const other = await approved();
    const report = await verifying(bundle, {}, () => other.openStore());
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(report.verdicts[0]?.anchor).not.toContain('journal here');
  });
});
