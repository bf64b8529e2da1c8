import { expect, test } from 'vitest';
import { openConnection } from '../../src/client/connection.ts';
import { remoteService } from '../../src/client/remote-service.ts';
import type { Service } from '../../src/engine/service.ts';
import { driving } from '../support/scene.ts';
import { ana, bot, openServed, robin, type Served } from './served.ts';

/** The CLI's own client, as whoever holds this token. */
function client(served: Served, token: string): Service {
  return remoteService(
    openConnection({ url: served.url, ca: null, token, claims: {}, program: 'runbook test' }),
  );
}

async function startInput(service: Service, given = {}) {
  const source = await service.openRunbook('runbook');
  return { source, given, environment: null, reason: 'to see it', ticket: null };
}

test('through the client a run is planned, started, followed, signed for and read, as on the server', async () => {
  const served = await openServed();
  const agent = client(served, await served.token(bot, ['start', 'read']));
  const input = await startInput(agent, { word: 'hi', key: 'hunter2' });
  expect((await agent.plan(input)).steps.map(({ id }) => id)).toEqual(['look', 'change']);
  const run = await agent.start(input);
  const waiting = await agent.drive(run, driving(served.scene));
  expect(waiting).toMatchObject({ run, status: 'waiting', exit_code: 10 });
  expect(served.scene.output.text).toBe('before\n');

  const reviewer = client(served, await served.token(robin, ['read', 'decide']));
  const [request] = await reviewer.requests(true);
  expect(request).toMatchObject({ run, step: 'change', state: 'pending' });
  const detail = await reviewer.describeRequest(null);
  expect(detail).toEqual(await served.scene.service().describeRequest(null));
  const { approver, signer } = served.scene.people.robin;
  const proven = await approver.read((seen) => reviewer.review(null, seen));
  const signed = await approver.decide(proven, signer, { decision: 'approve', reason: null });
  const decided = await reviewer.decide(signed.signed, 'cli');
  expect(decided).toMatchObject({ person: 'robin', assurance: 'A3', missing: [] });

  const ended = await agent.wait(run, 30_000, new AbortController().signal);
  expect(ended).toMatchObject({ status: 'succeeded', exit_code: 0 });
  const here = served.scene.service();
  expect(ended).toEqual(await here.status(run));
  expect(await agent.events(run, 0)).toEqual(await here.events(run, 0));
  expect(await agent.logs(run, null)).toEqual(await here.logs(run, null));
  expect(await agent.runs(10)).toEqual(await here.runs(10));
  expect(await agent.auditLog({ run: null, limit: 5 })).toEqual(
    await here.auditLog({ run: null, limit: 5 }),
  );
  expect(await agent.auditShow(1)).toEqual(await here.auditShow(1));
  const verified = await agent.verify({ receipts: [], pins: [], progress: () => undefined });
  expect(verified).toMatchObject({ exit_code: 0, findings: [] });
});

test('through the client errors are the errors of the server', async () => {
  const served = await openServed();
  const agent = client(served, await served.token(bot, ['start']));
  await expect(agent.status('zzzz')).rejects.toMatchObject({ code: 'run_unknown', exitCode: 2 });
  await expect(agent.auditShow(0)).rejects.toMatchObject({ code: 'scope_missing', exitCode: 13 });
  const nobody = client(served, `rbk_${'A'.repeat(43)}`);
  await expect(nobody.me()).rejects.toMatchObject({ code: 'token_unknown', exitCode: 4 });
  const input = await startInput(agent);
  const changed = { ...input, source: { ...input.source, text: 'name: other' } };
  await expect(agent.start(changed)).rejects.toMatchObject({
    code: 'runbook_changed',
    exitCode: 2,
  });
});

test('through the client tokens are issued, listed and revoked by whoever may', async () => {
  const served = await openServed();
  const admin = client(served, await served.token(ana, ['admin', 'read']));
  const issued = await admin.issueToken({
    holder: bot,
    scopes: ['start'],
    label: 'nightly',
    expiresInMs: 3_600_000,
  });
  expect(await client(served, issued.secret).me()).toMatchObject({ kind: 'agent', person: 'ana' });
  expect((await admin.tokens()).map(({ token }) => token)).toContain(issued.token);
  expect((await admin.revokeToken(issued.token)).revoked_at).not.toBeNull();
  await expect(client(served, issued.secret).me()).rejects.toMatchObject({ code: 'token_revoked' });
});

test('through the client a run is cancelled', async () => {
  const served = await openServed();
  const agent = client(served, await served.token(bot, ['start']));
  const run = await agent.start(await startInput(agent));
  await agent.drive(run, driving(served.scene));
  expect(await agent.cancel(run, 'enough', driving(served.scene))).toMatchObject({
    status: 'cancelled',
    exit_code: 17,
  });
});
