import { expect, test } from 'vitest';
import { openConnection } from '../../src/client/connection.ts';
import { remoteService } from '../../src/client/remote-service.ts';
import type { Service } from '../../src/engine/service.ts';
import { commitKeys, rotationEvent, withRecoveryKey } from '../support/keys.ts';
import { driving } from '../support/scene.ts';
import { bot, openServed, robin, type Served } from './served.ts';

/** The CLI's own client, as whoever holds this token. */
function client(served: Served, token: string): Service {
  return remoteService(
    openConnection({ url: served.url, ca: null, token, claims: {}, program: 'runbook test' }),
  );
}

test("an approver's client follows a rotation over HTTP, while the server keeps the journal open", async () => {
  const served = await openServed();
  const agent = client(served, await served.token(bot, ['start', 'read']));
  const reviewer = client(served, await served.token(robin, ['read', 'decide']));
  const { approver, signer } = served.scene.people.robin;
  const approveOne = async (): Promise<string> => {
    const source = await agent.openRunbook('runbook');
    const given = { word: 'hi', key: 'hunter2' };
    const run = await agent.start({ source, given, environment: null, reason: 'it', ticket: null });
    await agent.drive(run, driving(served.scene));
    const proven = await approver.read((seen) => reviewer.review(null, seen));
    const signed = await approver.decide(proven, signer, { decision: 'approve', reason: null });
    await reviewer.decide(signed.signed, 'cli');
    await agent.wait(run, 30_000, new AbortController().signal);
    return approver.pins()[0]?.verifierKey ?? '';
  };
  const before = await approveOne();
  const elsewhere = served.scene.openStore();
  const recovery = await withRecoveryKey(elsewhere);
  await commitKeys(elsewhere, await rotationEvent(elsewhere, recovery));
  await elsewhere.close();
  const after = await approveOne();
  expect(after).not.toBe(before);
  const verified = await reviewer.verify({
    receipts: [],
    pins: approver.pins(),
    progress: () => undefined,
  });
  expect(verified).toMatchObject({ findings: [], exit_code: 0 });
});

test('the keys themselves are looked after where the journal lies, not through its server', async () => {
  const served = await openServed();
  const anyone = client(served, await served.token(robin, ['read', 'decide']));
  const refused = { code: 'not_on_server', exitCode: 2 };
  await expect(anyone.keys()).rejects.toMatchObject(refused);
  await expect(
    anyone.prepareKeyChange({ act: 'rotate', reason: 'rotation', since: null }),
  ).rejects.toMatchObject(refused);
  await expect(anyone.abandonKeyChange({ statement: '' })).rejects.toMatchObject(refused);
  await expect(anyone.recordKeyChange({ statement: '', signatures: [] })).rejects.toMatchObject(
    refused,
  );
});
