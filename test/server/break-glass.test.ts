import { expect, test } from 'vitest';
import { openConnection } from '../../src/client/connection.ts';
import { remoteService } from '../../src/client/remote-service.ts';
import type { Service } from '../../src/engine/service.ts';
import { nightPolicy, nightRunbook } from '../support/break-glass.ts';
import { driving } from '../support/scene.ts';
import { ana, bot, openServed, robin, type Served } from './served.ts';

function client(served: Served, token: string): Service {
  return remoteService(
    openConnection({ url: served.url, ca: null, token, claims: {}, program: 'runbook test' }),
  );
}

async function night(service: Service, reason: string | null = 'payments are down') {
  const source = await service.openRunbook('runbook');
  const asked = { environment: null, reason, ticket: null, breakGlass: 'night' };
  return service.start({ source, given: {}, ...asked });
}

test('through the API a person breaks the glass, is held up, and is reviewed by another', async () => {
  const served = await openServed({ runbook: nightRunbook(), policy: nightPolicy });
  const agent = client(served, await served.token(bot, ['start', 'read']));
  await expect(night(agent)).rejects.toMatchObject({ code: 'agent_breaks_glass', exitCode: 13 });
  const actor = client(served, await served.token(ana, ['start', 'read']));
  await expect(night(actor, null)).rejects.toMatchObject({ code: 'reason_missing', exitCode: 2 });
  const run = await night(actor);
  const waiting = await actor.drive(run, driving(served.scene));
  expect(waiting).toMatchObject({ status: 'waiting', break_glass: 'night', reviews: [] });

  const own = served.scene.people.ana;
  const deciding = client(served, await served.token(ana, ['read', 'decide']));
  const asked = await own.approver.read((seen) => deciding.review(null, seen));
  const approve = { decision: 'approve', reason: null } as const;
  const signed = await own.approver.decide(asked, own.signer, approve);
  await deciding.decide(signed.signed, 'cli');
  const ended = await actor.wait(run, 30_000, new AbortController().signal);
  expect(ended).toMatchObject({ status: 'succeeded', reviews: [{ step: 'restart' }] });
  await expect(night(actor)).rejects.toMatchObject({ code: 'review_owed', exitCode: 13 });

  const reviewer = client(served, await served.token(robin, ['read', 'decide']));
  const [debt] = await reviewer.breakGlass(false);
  expect(debt).toEqual((await served.scene.service().breakGlass(false))[0]);
  const { approver, signer } = served.scene.people.robin;
  const id = debt?.request ?? '';
  const request = await approver.read((seen) => reviewer.review(id, seen));
  const started = await approver.read((seen) => reviewer.reviewOwed(id, seen));
  const choice = { finding: 'justified', reason: 'I looked', request } as const;
  const review = await approver.review(started, signer, choice);
  await expect(actor.reviewBreakGlass(review.signed)).rejects.toMatchObject({
    code: 'scope_missing',
  });
  const report = await reviewer.reviewBreakGlass(review.signed);
  expect(report).toMatchObject({ person: 'robin', finding: 'justified', duplicate: false });
  expect(await reviewer.breakGlass(false)).toEqual([]);
  expect(await reviewer.runs(1)).toMatchObject([{ break_glass: 'night' }]);
  const { findings } = await reviewer.verify({ receipts: [], pins: [], progress: () => undefined });
  expect(findings).toEqual([]);
});
