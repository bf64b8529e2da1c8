import { expect, test } from 'vitest';
import type { Receipt } from '../../src/approval/statement/receipt.ts';
import type { FindingCode } from '../../src/audit/finding.ts';
import { canonicalize } from '../../src/base/jcs.ts';
import { decodeLeaf } from '../../src/journal/leaf.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { byHand, entryAt, setEntry } from '../attacks/journal-by-hand.ts';
import { runStarted } from '../support/some-events.ts';
import { expectFinding, openCourt, receiptsOf, say, verify } from './court.ts';

/** What a receipt says that this journal does not hold. */
const receipts: readonly {
  readonly code: FindingCode;
  readonly name: string;
  readonly change: (receipt: Receipt) => Receipt;
}[] = [
  {
    code: 'E_RECEIPT',
    name: 'a note that is none',
    change: (receipt) => ({ ...receipt, checkpoint: 'nonsense' }),
  },
  {
    code: 'E_RECEIPT',
    name: 'a note whose signature does not hold',
    change: (receipt) => ({
      ...receipt,
      checkpoint: receipt.checkpoint.replace(/\n\d+\n/, '\n1\n'),
    }),
  },
  {
    code: 'E_KEY_UNKNOWN',
    name: 'another key',
    change: (receipt) => ({ ...receipt, verifier_key: 'runbook/other+00000000+AAAA' }),
  },
];

test.each(receipts)(
  '$code: a receipt with $name fails completeness and nothing else',
  async ({ code, change }) => {
    const { scene } = await openCourt();
    await scene.decide(scene.people.robin, 'approve');
    const [kept] = receiptsOf(scene, 'robin');
    const changed = change(JSON.parse(kept?.text ?? '') as Receipt);
    const report = await verify(scene, {
      receipts: [{ file: 'robin.json', text: JSON.stringify(changed) }],
    });
    expect(new Set(report.findings.map((finding) => finding.code))).toEqual(new Set([code]));
    expect(report.verdicts.filter(({ ok }) => ok === false).map(({ name }) => name)).toEqual([
      'completeness',
    ]);
  },
);

test('E_DECISION_MISSING: a receipt that was told its decision is in, and it is not', async () => {
  const { scene } = await openCourt();
  const signed = await forgeDecision(scene, scene.people.kim.signer, { person: 'kim' });
  await scene.decide(scene.people.robin, 'approve');
  const [kept] = receiptsOf(scene, 'robin');
  const claimed = { ...(JSON.parse(kept?.text ?? '') as Receipt), signed };
  const report = await verify(scene, {
    receipts: [{ file: 'kim.json', text: JSON.stringify(claimed) }],
  });
  expect(report.findings.map(({ code }) => code)).toEqual(['E_DECISION_MISSING']);
});

test('a file that is no receipt is said to be none, before anything is judged', async () => {
  const { scene } = await openCourt();
  const receipt = { file: 'x.json', text: '{"v":1}' };
  await expect(verify(scene, { receipts: [receipt] })).rejects.toMatchObject({
    code: 'receipt_unreadable',
  });
});

test('E_RUN: a run that starts a second time forgets nothing that was said in it', async () => {
  const court = await openCourt();
  const plan = await court.scene.engine().store.putBlob(Buffer.from('{"v":1}'));
  await say({ ...court, run: 'xxxxxxxxxxxxxxxx' as typeof court.run }, runStarted({ plan }));
  byHand(court.scene, (db) =>
    db.prepare("update events set run = 'x' where run = 'xxxxxxxxxxxxxxxx'").run(),
  );
  byHand(court.scene, (db) => db.prepare('delete from runs where run = ?').run(court.run));
  await say(court, runStarted({ plan }));
  const report = await verify(court.scene);
  expect(report.findings.map(({ code }) => code)).toContain('E_RUN');
});

test.each([
  ['E_LEAF', (text: string) => text.replace('"v":1', '"v":2')],
  ['E_SEQ', (text: string) => canonicalize({ ...decodeLeaf(Buffer.from(text)), seq: 1 })],
] as const)('an entry changed is named by its index (%s)', async (_, change) => {
  const { scene } = await openCourt();
  byHand(scene, (db) => setEntry(db, 3, change(entryAt(db, 3))));
  const report = await verify(scene);
  expect(report.exit_code).toBe(14);
  expect(report.findings.some(({ index }) => index === 3)).toBe(true);
  expect(report.verdicts.find(({ name }) => name === 'integrity')?.ok).toBe(false);
});

test('E_INDEX: an entry hidden from its run is named, and nothing else fails', async () => {
  const { scene } = await openCourt();
  await scene.decide(scene.people.robin, 'reject');
  byHand(scene, (db) =>
    db.prepare("update events set run = null where type = 'approval.decided'").run(),
  );
  await expectFinding(scene, 'E_INDEX', 'integrity');
});
