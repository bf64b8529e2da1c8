import { writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeKey } from '../signers/ssh-tools.ts';
import { openOffice } from '../support/cli.ts';
import { debtsJson, reviewJson, verifyJson } from '../support/cli-schema.ts';

const policy = `break_glass:
  - name: night
    when: '"data" in step.tags'
    from: [ana]
    lifts: [freeze]
    review: { from: [robin], within: 24h }
rules:
  - name: freeze
    when: '"data" in step.tags'
    deny: nothing changes this week
    override: { approvals: [{ id: manager, from: [kim] }] }
`;

const failover = `name: failover
steps:
  - id: switch
    privileged: true
    tags: [data]
    run: echo switched
`;

test('one person acts at night with their own key, and another reviews it in the morning', async () => {
  const office = await openOffice({ policy, files: { 'failover.yaml': failover } });
  const ana = makeKey(office.dir, 'ana');
  await office.run('people', 'remove', 'ana');
  const account = `${userInfo().username}@${hostname().toLowerCase()}`;
  await office.run('people', 'add', 'ana', '--os-user', account, '--ssh-key', `${ana}.pub`);

  const denied = await office.drive('exec', 'failover.yaml');
  expect(denied).toMatchObject({ status: 'denied', exit_code: 13 });
  const night = ['failover.yaml', '--break-glass', 'night', '--reason', 'payments are down'];
  const ended = await office.drive('exec', ...night, '--key', ana);
  expect(ended).toMatchObject({
    status: 'succeeded',
    break_glass: 'night',
    reviews: [{ step: 'switch', overdue: false, review: null }],
  });
  expect(await office.failure('exec', ...night, '--key', ana)).toMatchObject({
    code: 'review_owed',
    exitCode: 13,
  });

  const { body } = await office.json(debtsJson, 'break-glass', 'list');
  const [debt] = body.break_glass;
  expect(debt).toMatchObject({ run: ended.run, by: ['ana'], reviewers: ['robin'] });
  const found = ['--finding', 'justified', '--reason', 'there was no other way'];
  const review = ['break-glass', 'review', String(debt?.words), ...found];
  const own = await office.failure(...review, '--key', ana);
  expect(own).toMatchObject({ code: 'key_not_asked', exitCode: 13 });
  const reviewed = await office.json(reviewJson, ...review, '--key', office.robin);
  expect(reviewed.body).toMatchObject({ person: 'robin', finding: 'justified', duplicate: false });

  const receipt = String(reviewed.body.receipt);
  const verified = await office.json(verifyJson, 'audit', 'verify', '--receipt', receipt);
  expect([verified.exitCode, verified.body.findings]).toEqual([0, []]);
  const next = await office.drive('exec', ...night, '--key', ana);
  expect(next).toMatchObject({ status: 'succeeded' });
});

test('a freeze is lifted by whom its rule names, for the run that asks', async () => {
  const office = await openOffice({ policy, files: { 'failover.yaml': failover } });
  const kim = makeKey(office.dir, 'kim');
  await office.run('people', 'add', 'kim', '--ssh-key', `${kim}.pub`);
  const why = ['--reason', 'the payment provider moves'];
  const asked = ['failover.yaml', '--override', 'freeze'];
  expect(await office.failure('exec', ...asked)).toMatchObject({ code: 'reason_missing' });
  const waiting = await office.drive('exec', ...asked, ...why, '--no-wait');
  expect(waiting).toMatchObject({
    status: 'waiting',
    overrides: ['freeze'],
    requests: [{ missing: [{ slot: 'floor' }, { slot: 'freeze/manager' }] }],
  });
  const [request] = waiting.requests;
  const card = await office.run('review', String(request?.words));
  expect(card.stdout).toContain('freeze: nothing changes this week');
  await office.run('approve', String(request?.words), '--key', office.robin);
  expect(await office.drive('resume', waiting.run)).toMatchObject({ status: 'waiting' });
  await office.run('approve', String(request?.words), '--key', kim);
  expect(await office.drive('resume', waiting.run)).toMatchObject({ status: 'succeeded' });
  writeFileSync(join(office.dir, 'config', 'policy.yaml'), '');
  expect((await office.json(verifyJson, 'audit', 'verify')).exitCode).toBe(0);
});
