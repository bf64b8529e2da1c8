import { describe, expect, test } from 'vitest';
import {
  encodeReview,
  parseReview,
  type Review,
  reviewNamespace,
} from '../../src/approval/statement/review-statement.ts';
import type { SignedStatement } from '../../src/approval/statement/statement.ts';
import type { RequestId, RunId } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import { say, started } from '../audit/court.ts';
import {
  breakGlass,
  effects,
  findingsOf,
  nightPolicy,
  nightRunbook,
  openNight,
  review,
  signReview,
  startNight,
} from '../support/break-glass.ts';
import { type Colleague, driving, type Scene } from '../support/scene.ts';
import { aKey } from './forge.ts';
import { byHand } from './journal-by-hand.ts';

/** What a hostile client hands in instead of what robin's would have signed. */
async function forgeReview(
  scene: Scene,
  signer: Colleague['signer'],
  changes: Partial<Review> & { readonly person: string },
): Promise<SignedStatement> {
  const honest = parseReview((await signReview(scene, scene.people.kim)).statement);
  const statement = encodeReview({ ...honest, ...changes });
  return {
    statement,
    signature: await signer.sign(reviewNamespace, Buffer.from(statement)),
  };
}

async function expectRefused(scene: Scene, signed: SignedStatement, code: string): Promise<void> {
  await expect(scene.service().reviewBreakGlass(signed)).rejects.toMatchObject({ code });
  expect(await scene.service().breakGlass(false)).toHaveLength(1);
  await expect(startNight(scene)).rejects.toMatchObject({ code: 'review_owed' });
}

async function decideOn(scene: Scene, who: Colleague, run: RunId): Promise<void> {
  const door = scene.service();
  const open = (await door.requests(true)).find((request) => request.run === run);
  const proven = await who.approver.read((seen) => door.review(open?.request ?? '', seen));
  const choice = { decision: 'approve', reason: null } as const;
  await door.decide((await who.approver.decide(proven, who.signer, choice)).signed, 'cli');
}

describe('nobody reviews themself', () => {
  test('whoever started the run', async () => {
    const scene = openNight();
    await breakGlass(scene, { who: scene.people.robin });
    const signed = await forgeReview(scene, scene.people.ana.signer, { person: 'ana' });
    await expectRefused(scene, signed, 'self_approval');
  });

  test('whoever signed, though nothing ties them to the run', async () => {
    const scene = openNight();
    await breakGlass(scene, { who: scene.people.robin });
    const signed = await forgeReview(scene, scene.people.robin.signer, { person: 'robin' });
    await expectRefused(scene, signed, 'own_review');
  });

  test('whoever signed, under another name that has the key by now', async () => {
    const scene = openNight();
    await breakGlass(scene, { who: scene.people.robin });
    const { publicKey } = scene.people.robin.signer;
    scene.trusted.people = scene.trusted.people
      .replace(publicKey, aKey().publicKey)
      .concat(`  - { name: robina, groups: [data], ssh_keys: ["${publicKey}"] }\n`);
    const signed = await forgeReview(scene, scene.people.robin.signer, { person: 'robina' });
    await expectRefused(scene, signed, 'own_review');
  });

  test('whoever signed, under a name that took the place of theirs', async () => {
    const scene = openNight();
    await breakGlass(scene, { who: scene.people.robin });
    const other = aKey();
    const signed = await forgeReview(scene, other, { person: 'robina' });
    scene.trusted.people = scene.trusted.people
      .replace('name: robin,', 'name: robina,')
      .replace(scene.people.robin.signer.publicKey, other.publicKey);
    // Policy names robin as a reviewer; the new name stands in his group and list.
    scene.trusted.policy = nightPolicy.replaceAll('robin', 'robina');
    await expect(scene.service().reviewBreakGlass(signed)).rejects.toMatchObject({
      code: 'actor_departed',
    });
  });
});

describe('only a review of exactly this pays', () => {
  test.each([
    ['by somebody whom the rule does not name', { person: 'lee' }, 'not_a_reviewer'],
    ['of another start', { person: 'kim', started: 'f'.repeat(64) }, 'other_request'],
    ['in which nothing is said', { person: 'kim', reason: ' ' }, 'reason_missing'],
    ['in the name of somebody else', { person: 'robin' }, 'other_person'],
  ] as const)('not one %s', async (_, changes, code) => {
    const scene = openNight();
    const lee = aKey();
    scene.trusted.people += `  - { name: lee, groups: [sre], ssh_keys: ["${lee.publicKey}"] }\n`;
    await breakGlass(scene);
    const signer = changes.person === 'lee' ? lee : scene.people.kim.signer;
    await expectRefused(scene, await forgeReview(scene, signer, changes as never), code);
  });

  test('not an approval, signed for the same request', async () => {
    const scene = openNight();
    await breakGlass(scene);
    const { statement } = await signReview(scene, scene.people.kim);
    const signature = await scene.people.kim.signer.sign(
      'approval@runbook/v1',
      Buffer.from(statement),
    );
    await expectRefused(scene, { statement, signature }, 'E_APPROVAL_SIG');
  });
});

describe('nobody gets past what is owed', () => {
  test('by being two at once', async () => {
    const scene = openNight();
    const runs = [await startNight(scene), await startNight(scene)];
    for (const run of runs) {
      await scene.service().drive(run, driving(scene));
      await decideOn(scene, scene.people.ana, run);
    }
    const stores = runs.map(() => scene.openStore());
    const reports = await Promise.all(
      runs.map((run, index) => scene.service(stores[index]).drive(run, driving(scene))),
    );
    await Promise.all(stores.map((store) => store.close()));
    expect(reports.map(({ status }) => status).sort()).toEqual(['denied', 'succeeded']);
    expect(effects(scene)).toBe(1);
    expect(await findingsOf(scene.service())).toEqual([]);
  });

  test('by the order of rules, or by another reason', async () => {
    const scene = openNight();
    await breakGlass(scene);
    const [rules = '', glass = ''] = nightPolicy.split('break_glass:\n');
    const [night = '', day = ''] = glass.split(/(?= {2}- name: day)/);
    scene.trusted.policy = `${rules}break_glass:\n${day}${night}`;
    await expect(startNight(scene, { reason: 'another' })).rejects.toMatchObject({
      code: 'review_owed',
    });
  });

  test('each rule owes in a scope of its own, and so does each environment', async () => {
    const scene = openNight({ config: 'environments:\n  prod: {}\n' });
    await breakGlass(scene);
    expect(await breakGlass(scene, { asked: { breakGlass: 'day' } })).toMatchObject({
      status: 'succeeded',
    });
    expect(await breakGlass(scene, { asked: { environment: 'prod' } })).toMatchObject({
      status: 'succeeded',
    });
    const debts = await scene.service().breakGlass(false);
    expect(debts.map(({ scope }) => scope)).toEqual(['night@prod', 'day@local', 'night@local']);
  });

  test('by deleting its row: the entries still say so, and the auditor names the row', async () => {
    const scene = openNight();
    await breakGlass(scene);
    byHand(scene, (db) => db.exec('delete from debts'));
    await expect(startNight(scene)).rejects.toMatchObject({ code: 'review_owed' });
    expect(await findingsOf(scene.service())).toEqual([
      expect.stringMatching(/^E_INDEX: a review of .* is owed in night@local/),
    ]);
  });

  test('by deleting its row after the next one has signed', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    const other = await startNight(scene);
    await scene.service().drive(other, driving(scene));
    await decideOn(scene, scene.people.ana, run);
    await decideOn(scene, scene.people.ana, other);
    await scene.service().drive(other, driving(scene));
    byHand(scene, (db) => db.exec('delete from debts'));
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ status: 'denied' });
    expect(effects(scene)).toBe(1);
  });

  test('and a review pays, whatever became of its row', async () => {
    const scene = openNight();
    await breakGlass(scene);
    await review(scene, scene.people.kim);
    byHand(scene, (db) => db.exec('delete from debts'));
    expect(await breakGlass(scene)).toMatchObject({ status: 'succeeded' });
  });

  test('by a row that says it was reviewed', async () => {
    const scene = openNight();
    await breakGlass(scene);
    byHand(scene, (db) => db.exec("update debts set reviewed = '2026-01-01T00:00:00.000Z'"));
    await expect(startNight(scene)).rejects.toMatchObject({ code: 'review_owed' });
    expect(await findingsOf(scene.service())).toEqual([
      expect.stringMatching(/^E_INDEX: a review of .* is owed in night@local/),
    ]);
  });
});

describe('the glass is broken by the terms that were signed, or not at all', () => {
  test('not on a step that the rule does not match', async () => {
    const other = '  - { id: other, privileged: true, run: echo ran | tee -a ran.txt }\n';
    const scene = openNight({ runbook: nightRunbook().replace('steps:\n', `steps:\n${other}`) });
    expect(await breakGlass(scene)).toMatchObject({ status: 'denied', exit_code: 13 });
    expect(effects(scene)).toBe(0);
  });

  test('not once the rule has gone', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    await scene.decide(scene.people.ana, 'approve');
    scene.trusted.policy = '';
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ status: 'denied' });
    expect(effects(scene)).toBe(0);
  });

  test('not once somebody else is to review it: it is asked anew', async () => {
    const scene = openNight();
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    await scene.decide(scene.people.ana, 'approve');
    scene.trusted.policy = nightPolicy.replace('from: [group:data, robin]', 'from: [robin]');
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ status: 'waiting' });
    const { content } = await scene.open();
    expect(content.supersedes?.changes).toEqual(['policy: the terms of breaking the glass']);
    expect(effects(scene)).toBe(0);
  });

  test('not by whoever signed an ordinary card', async () => {
    const scene = openNight();
    const { run } = await scene.exec();
    await expect(scene.decide(scene.people.ana, 'approve')).rejects.toMatchObject({
      code: expect.stringMatching(/key_not_asked|self_approval/) as string,
    });
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
  });
});

describe('whoever has the key of the journal is found out', () => {
  async function signedNight(scene: Scene) {
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    const { content } = await scene.open();
    await scene.decide(scene.people.ana, 'approve');
    return { scene, run, content };
  }

  test('a start that does not say that the glass was broken', async () => {
    const court = await signedNight(openNight());
    await say(court, await started(court));
    expect(await findingsOf(court.scene.service())).toEqual([
      expect.stringMatching(/^E_BREAK_GLASS: .*owes a review in no scope/),
    ]);
  });

  test('a review by whoever acted', async () => {
    const scene = openNight();
    const { run } = await breakGlass(scene);
    const [debt] = await scene.service().breakGlass(false);
    const signed = await forgeReview(scene, scene.people.ana.signer, { person: 'ana' });
    const data = { request: debt?.request as RequestId, scope: 'night@local', person: 'ana' };
    const event: Event = {
      type: 'break_glass.reviewed',
      data: { ...data, finding: 'justified', reason: 'I looked', ...signed },
    };
    await say({ scene, run }, event);
    const found = await findingsOf(scene.service());
    expect(found[0]).toMatch(/^E_BREAK_GLASS: `ana` cannot decide about their own run/);
  });

  test('a review whose entry says other than its signature', async () => {
    const scene = openNight();
    const { run } = await breakGlass(scene);
    const [debt] = await scene.service().breakGlass(false);
    const signed = await signReview(scene, scene.people.kim, 'unjustified');
    const data = { request: debt?.request as RequestId, scope: 'night@local', person: 'kim' };
    await say(
      { scene, run },
      {
        type: 'break_glass.reviewed',
        data: { ...data, finding: 'justified', reason: 'I looked', ...signed },
      },
    );
    expect((await findingsOf(scene.service()))[0]).toMatch(/^E_BREAK_GLASS: the entry says other/);
  });

  test('a start after its review', async () => {
    const court = await signedNight(openNight());
    await court.scene.service().drive(court.run, driving(court.scene));
    await review(court.scene, court.scene.people.kim);
    // The run has ended: nothing can follow in it, and the auditor says so.
    await say(court, await started(court, { attempt: 2, use: 2 }));
    expect(await findingsOf(court.scene.service())).not.toEqual([]);
  });
});
