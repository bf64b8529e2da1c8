import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { replyTo, tellRequester } from '../../../src/channels/cards/card-thread.ts';
import type { JournalEntry } from '../../../src/channels/channel.ts';
import { threadReply } from '../../../src/channels/slack/card/slack-board.ts';
import { byAna } from '../../approval/builders.ts';
import { aRequest } from '../../approval/request-builders.ts';
import { aStanding, hostile } from '../cards/standing.ts';
import { problemsOfMessage } from './limits.ts';

const self = { team: 'T0TEAM', enterprise: null, botUser: 'U0BOT', app: 'A0', scopes: [] };

function anEntry(more: Partial<JournalEntry> = {}): JournalEntry {
  return {
    seq: 7,
    time: '2026-03-02T01:05:00.000Z',
    type: 'step.finished',
    run: aRequest().run,
    runbook: 'restart-cluster',
    environment: 'prod',
    summary: 'restart attempt 1: succeeded',
    hash: sha256('entry'),
    data: { step: 'restart' },
    ...more,
  };
}

test('whatever an entry says, its reply is one that Slack takes, without markup', () => {
  fc.assert(
    fc.property(hostile, hostile, (summary, name) => {
      const reply = replyTo(anEntry({ summary }), aStanding());
      expect(problemsOfMessage(threadReply(reply ?? [], self))).toEqual([]);
      const chain = [{ role: 'caller' as const, identity: name, person: name }];
      const standing = aStanding({
        content: aRequest({ step: name, initiator: { kind: 'person', chain } }),
      });
      const told = tellRequester(standing, 'was approved', { people: [] });
      expect(problemsOfMessage(threadReply(told, self))).toEqual([]);
    }),
  );
});

test.each([
  ['another step', anEntry({ data: { step: 'other' } })],
  ['another request', anEntry({ type: 'approval.decided', data: { request: 'q0' } })],
  ['a runbook that was started', anEntry({ type: 'run.started', data: {} })],
])('%s is not told in this thread', (_what, entry) => {
  expect(replyTo(entry, aStanding())).toBeNull();
});

test.each([
  ['the probe', anEntry({ data: { step: 'restart/check' } })],
  ["the run's end", anEntry({ type: 'run.finished', data: { status: 'succeeded' } })],
])('%s is told', (_what, entry) => {
  expect(replyTo(entry, aStanding())).not.toBeNull();
});

test('a person is mentioned by their account in this workspace, and by name without one', () => {
  const standing = aStanding({ content: aRequest({ initiator: byAna }) });
  const ana = {
    name: 'ana',
    groups: [],
    sshKeys: [],
    osUsers: [],
    teams: [],
    emails: [],
    oidc: [],
    agents: [],
    agentUsers: {},
  };
  const tell = (slack: readonly string[]) =>
    JSON.stringify(
      threadReply(tellRequester(standing, 'was approved', { people: [{ ...ana, slack }] }), self),
    );
  expect(tell(['T0OTHER/U1', 'T0TEAM/U0ANA'])).toContain('{"type":"user","user_id":"U0ANA"}');
  expect(tell(['T0OTHER/U1'])).toContain('{"type":"text","text":"ana","style":{"code":true}}');
});
