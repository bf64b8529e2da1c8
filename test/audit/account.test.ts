import { describe, expect, test } from 'vitest';
import type { Attested } from '../../src/approval/court/attested.ts';
import type { FindingCode } from '../../src/audit/finding.ts';
import type { Decided } from '../../src/run/events.ts';
import {
  type Court,
  expectFinding,
  finished,
  heard,
  openServedCourt,
  say,
  started,
  verify,
} from './court.ts';

/** Lee has an account on the host, and an agent that has one of its own. */
const people = {
  morePeople:
    '  - { name: lee, os_users: [lee@web1], agents: [{ id: helper, os_users: [helper@web1] }] }\n',
  policy: 'floor: { assurance: A0 }',
};

/** What lee left in the spool, as the executor enters it. */
async function left(
  court: Court,
  changes: Partial<Decided> & { readonly word?: Partial<Attested> } = {},
) {
  const { word, ...more } = changes;
  const identity = 'os:lee@web1';
  const entry = { person: 'lee', channel: 'spool', assurance: 'A0', ...more } as const;
  return heard(court, { ...entry, word: { identity, event: 'spool.2002.1', ...word } });
}

test('the audit finds nothing wrong with what an account left, at A0', async () => {
  const court = await openServedCourt(people);
  await say(court, await left(court));
  await say(court, await started(court));
  await say(court, finished());
  expect(await verify(court.scene)).toMatchObject({ findings: [], exit_code: 0 });
});

describe('the audit finds', () => {
  test.each<[string, FindingCode, Parameters<typeof left>[1]]>([
    [
      'A1, also where a server under its own account received it',
      'E_ASSURANCE',
      { assurance: 'A1' },
    ],
    ['an account heard through another channel', 'E_APPROVAL', { channel: 'slack' }],
    ['root’s account', 'E_APPROVAL', { word: { identity: 'os:root@web1' } }],
    ['the receiver’s own account', 'E_APPROVAL', { word: { receiver: 'os:lee@web1' } }],
    ['an agent’s account for its person', 'E_APPROVAL', { word: { identity: 'os:helper@web1' } }],
    ['an account of nobody', 'E_APPROVAL', { word: { identity: 'os:mallory@web1' } }],
    ['somebody else’s account', 'E_APPROVAL', { person: 'robin' }],
  ])('%s', async (_what, code, changes) => {
    const court = await openServedCourt(people);
    await say(court, await left(court, changes));
    await expectFinding(court.scene, code, 'authorization');
  });

  test('the account of whoever started the run', async () => {
    const court = await openServedCourt(people);
    const link = { role: 'resumer', identity: 'os:lee@web1', person: 'lee' } as const;
    await say(court, { type: 'run.resumed', data: { links: [link] } });
    await say(court, await left(court));
    await expectFinding(court.scene, 'E_SELF_APPROVAL', 'authorization');
  });

  test('one file entered as two decisions', async () => {
    const court = await openServedCourt(people);
    await say(court, await left(court));
    await say(court, await left(court));
    await expectFinding(court.scene, 'E_APPROVAL_REPLAY', 'authorization');
  });
});
