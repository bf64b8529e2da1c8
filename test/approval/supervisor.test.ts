import { expect, test } from 'vitest';
import {
  addLink,
  type Caller,
  resolveInitiator,
  resumerLinks,
} from '../../src/approval/people/initiator.ts';
import type { ChainLink, Initiator } from '../../src/approval/people/people.ts';
import { isSupervisor } from '../../src/approval/people/supervisor.ts';
import { tiesOf } from '../../src/approval/tally/eligible.ts';
import { aPerson } from './builders.ts';

const ana = aPerson('ana', {
  osUsers: ['ana@web1'],
  sshKeys: ['ssh-ed25519 AAAA'],
  agents: ['deploy-bot', 'ci:github/ana'],
  agentUsers: { 'deploy-bot': ['bot@web1'] },
});
const bob = aPerson('bob', {
  osUsers: ['bob@web1'],
  agents: ['other-bot', 'ci:github/acme/infra'],
});
const people = { people: [ana, bob] };

const agent: Caller = { token: '4f7k', holder: { kind: 'agent', id: 'deploy-bot' } };
const job: Caller = { token: '9xyz', holder: { kind: 'ci', id: 'github/acme/infra' } };
const ci = { identity: 'github/acme/infra', actor: 'github/ana' };

const started = (caller: Caller, ...more: readonly ChainLink[]): Initiator =>
  more.reduce(addLink, resolveInitiator(people, caller));

const resumed = (first: Caller, by: Caller): Initiator =>
  started(first, ...resumerLinks(people, by));

test.each<[boolean, string, Initiator]>([
  [true, 'its agent came with a token of its own', started(agent)],
  [true, 'its token names it once more', started({ ...agent, agent: 'deploy-bot' })],
  [true, 'its own token resumed it', resumed(agent, agent)],
  [true, 'it works on behalf of somebody else', started({ ...agent, onBehalfOf: 'bob' })],
  [
    true,
    'somebody else resumed it by token',
    resumed(agent, { token: '7abc', holder: { kind: 'person', id: 'bob' } }),
  ],
  [false, 'a variable names the agent', started({ osUser: 'bob@web1', agent: 'deploy-bot' })],
  [
    false,
    'a variable of nobody’s account does',
    started({ osUser: 'svc@web9', agent: 'deploy-bot' }),
  ],
  [false, "the agent's own account started it", started({ osUser: 'bot@web1' })],
  [
    false,
    'the token is of a job that says it is the agent',
    started({ ...job, agent: 'deploy-bot' }),
  ],
  [
    false,
    "the token is another agent's that claims it",
    started({ token: '5555', holder: { kind: 'agent', id: 'other-bot' }, agent: 'deploy-bot' }),
  ],
  [
    false,
    'they called themself, and named the agent',
    started({ token: '7abc', holder: { kind: 'person', id: 'ana' }, agent: 'deploy-bot' }),
  ],
  [false, 'it works on their behalf', started({ ...agent, onBehalfOf: 'ana' })],
  [false, 'they set off the job it names', started({ ...agent, ci })],
  [
    false,
    'they signed the start',
    started(agent, { role: 'signer', identity: 'ssh:ssh-ed25519 AAAA', person: 'ana' }),
  ],
  [
    false,
    'they resumed it by token',
    resumed(agent, { token: '7abc', holder: { kind: 'person', id: 'ana' } }),
  ],
  [false, 'they resumed it by account', resumed(agent, { osUser: 'ana@web1' })],
  [false, 'anybody resumed it by account', resumed(agent, { osUser: 'bob@web1' })],
  [
    false,
    'an account that names the agent resumed it',
    resumed(agent, { osUser: 'svc@web9', agent: 'deploy-bot' }),
  ],
  [false, 'the agent came later, by token', resumed({ osUser: 'bob@web1' }, agent)],
  [false, 'the agent came later, to a job', resumed(job, agent)],
])('that an owner may decide what their agent does is %s where %s', (may, _how, initiator) => {
  expect(isSupervisor(tiesOf(ana, initiator), initiator)).toBe(may);
});

test('whoever owns the agent only since it started its run does not supervise it', () => {
  const initiator = started(agent);
  const since = aPerson('bob', { agents: ['deploy-bot'] });
  expect(isSupervisor(tiesOf(since, initiator), initiator)).toBe(false);
});
