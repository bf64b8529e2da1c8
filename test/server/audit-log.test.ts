import { expect, test } from 'vitest';
import { openConnection } from '../../src/client/connection.ts';
import { remoteService } from '../../src/client/remote-service.ts';
import type { Service } from '../../src/engine/service.ts';
import { bot, openServed, robin, type Served } from './served.ts';

function client(served: Served, token: string): Service {
  return remoteService(
    openConnection({ url: served.url, ca: null, token, claims: {}, program: 'runbook test' }),
  );
}

test('entries are filtered by the server as they are on it', async () => {
  const served = await openServed();
  const agent = client(served, await served.token(bot, ['start', 'read']));
  const source = await agent.openRunbook('runbook');
  const given = { word: 'hi', key: 'hunter2' };
  await agent.start({ source, given, environment: null, reason: null, ticket: null });
  const reader = client(served, await served.token(robin, ['read']));
  const here = served.scene.service();
  const [started] = await here.runs(1);
  const filters = [
    { type: 'token.*' },
    { person: 'robin', type: 'token.issued' },
    { runbook: started?.runbook ?? '', environment: 'local', type: 'run.started' },
    { since: '2026-01-01T00:00:00.000Z', type: 'config.set' },
    { until: '2026-01-01T00:00:00.000Z' },
    { decision: 'approve', assurance: 'A1' },
  ] as const;
  for (const filter of filters) {
    const wanted = { run: null, limit: 50, ...filter };
    expect(await reader.auditLog(wanted)).toEqual(await here.auditLog(wanted));
  }
  await expect(reader.auditLog({ run: null, limit: 5, person: 'robbin' })).rejects.toMatchObject({
    code: 'person_unknown',
    hint: 'did you mean `robin`?',
  });
});

test('what belongs to the machine of the journal is refused through its server', async () => {
  const served = await openServed();
  const reader = client(served, await served.token(robin, ['read']));
  const refused = { code: 'not_on_server' };
  await expect(reader.prune({ beforeMs: 0, reason: 'old', dryRun: true })).rejects.toMatchObject(
    refused,
  );
  await expect(
    reader.erase({ reason: 'x', what: { kind: 'blobs', ids: [] } }),
  ).rejects.toMatchObject(refused);
});
