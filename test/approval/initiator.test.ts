import { describe, expect, test } from 'vitest';
import {
  addLink,
  type Caller,
  chainPeople,
  resolveInitiator,
  resumerLinks,
} from '../../src/approval/people/initiator.ts';
import { aPerson, crew } from './builders.ts';

const resolve = (caller: Caller) => resolveInitiator(crew, caller);

describe('the chain behind a run', () => {
  test('names the caller by account and person', () => {
    expect(resolve({ osUser: 'ana@web1' })).toEqual({
      kind: 'person',
      chain: [{ role: 'caller', identity: 'os:ana@web1', person: 'ana' }],
    });
  });

  test('knows an account by its host, whatever case the host is written in', () => {
    expect(chainPeople(resolve({ osUser: 'ana@WEB1' }))).toEqual(['ana']);
    expect(chainPeople(resolve({ osUser: 'ana@web2' }))).toEqual([]);
  });

  test.each(['ana', 'ana@web1'])('adds who stands behind sudo, given as `%s`', (sudoUser) => {
    expect(resolve({ osUser: 'root@web1', sudoUser }).chain).toEqual([
      { role: 'caller', identity: 'os:root@web1', person: null },
      { role: 'sudo', identity: 'os:ana@web1', person: 'ana' },
    ]);
  });

  test('has an agent and its owner once where its token and its variable both name it', () => {
    const holder = { kind: 'agent', id: 'deploy-bot' } as const;
    const once = resolve({ token: '4f7k', holder });
    expect(resolve({ token: '4f7k', holder, agent: 'deploy-bot' })).toEqual(once);
  });

  test('names a CI job and whoever set it off as what they are, also where they take a run on', () => {
    const ci = { identity: 'github/acme/infra', actor: 'github/ana' };
    const roles = resumerLinks(crew, { osUser: 'ana@web1', ci }).map(({ role }) => role);
    expect(roles).toEqual(['resumer', 'ci', 'ci_actor']);
  });

  test('takes what `SUDO_USER` says for a mere claim, unless root says it', () => {
    const claimed = (osUser: string) =>
      resolve({ osUser, sudoUser: 'bob' }).chain.at(-1)?.claimed ?? false;
    expect(claimed('ana@web1')).toBe(true);
    expect(claimed('root@web1')).toBe(false);
  });

  test('is of a CI job from when one takes it on', () => {
    const job = resumerLinks(crew, { osUser: 'ana@web1', ci: { identity: 'github/acme/infra' } });
    expect(job.reduce(addLink, resolve({ osUser: 'ana@web1' })).kind).toBe('ci');
  });

  test('gains the agent and its owner, and loses nobody by it', () => {
    expect(resolve({ osUser: 'ana@web1', agent: 'deploy-bot' })).toEqual({
      kind: 'agent',
      chain: [
        { role: 'caller', identity: 'os:ana@web1', person: 'ana' },
        { role: 'agent', identity: 'agent:deploy-bot', person: null, claimed: true },
        { role: 'agent_owner', identity: 'person:carol', person: 'carol', claimed: true },
      ],
    });
  });

  test("gains the CI job's owner and whoever set it off", () => {
    const people = {
      people: [
        aPerson('ana', { agents: ['ci:github/ana'] }),
        aPerson('carol', { agents: ['ci:github/acme/infra'] }),
      ],
    };
    const ci = { identity: 'github/acme/infra', actor: 'github/ana' };
    const initiator = resolveInitiator(people, { osUser: 'runner@vm7', ci });
    expect(initiator.kind).toBe('ci');
    expect(chainPeople(initiator)).toEqual(['carol', 'ana']);
  });

  test('does not take an agent for a CI job of that name', () => {
    const people = { people: [aPerson('carol', { agents: ['github/acme'] })] };
    const initiator = resolveInitiator(people, { osUser: 'x@y', ci: { identity: 'github/acme' } });
    expect(chainPeople(initiator)).toEqual([]);
  });

  test('grows by whoever takes the run on, once', () => {
    const [link] = resumerLinks(crew, { osUser: 'bob@web1' });
    expect(link).toEqual({ role: 'resumer', identity: 'os:bob@web1', person: 'bob' });
    if (link === undefined) {
      return;
    }
    const once = addLink(resolve({ osUser: 'ana@web1' }), link);
    expect(chainPeople(once)).toEqual(['ana', 'bob']);
    expect(addLink(once, link)).toBe(once);
  });
});

describe("an agent's own account", () => {
  const people = {
    people: [
      aPerson('ana', {
        agents: ['deploy-bot', 'ci:github/acme/infra'],
        agentUsers: { 'deploy-bot': ['bot@web1'], 'ci:github/acme/infra': ['runner@*'] },
      }),
      aPerson('bob', { agents: ['other-bot'] }),
    ],
  };

  test('brings the agent and its owner into the chain without any variable', () => {
    expect(resolveInitiator(people, { osUser: 'bot@WEB1' })).toEqual({
      kind: 'agent',
      chain: [
        { role: 'caller', identity: 'os:bot@web1', person: null },
        { role: 'agent', identity: 'agent:deploy-bot', person: null },
        { role: 'agent_owner', identity: 'person:ana', person: 'ana' },
      ],
    });
    expect(resolveInitiator(people, { osUser: 'bot@web2' }).kind).toBe('unknown');
  });

  test('of a CI job is one on every host, where `*` says so', () => {
    expect(resolveInitiator(people, { osUser: 'runner@vm-7f3a' })).toEqual({
      kind: 'ci',
      chain: [
        { role: 'caller', identity: 'os:runner@vm-7f3a', person: null },
        { role: 'ci', identity: 'ci:github/acme/infra', person: 'ana' },
      ],
    });
  });

  test('that claims another agent has both owners behind it', () => {
    const both = resolveInitiator(people, { osUser: 'bot@web1', agent: 'other-bot' });
    expect(chainPeople(both)).toEqual(['ana', 'bob']);
    const once = resolveInitiator(people, { osUser: 'bot@web1', agent: 'deploy-bot' });
    expect(once).toEqual(resolveInitiator(people, { osUser: 'bot@web1' }));
  });

  test('stays in the chain where it goes on as root', () => {
    const { chain } = resolveInitiator(people, { osUser: 'root@web1', sudoUser: 'bot' });
    expect(chain.map(({ role }) => role)).toEqual(['caller', 'sudo', 'agent', 'agent_owner']);
  });
});

describe('whoever a run is done for', () => {
  test.each([
    ['bob', 'person:bob', 'bob'],
    ['os:bob@web1', 'os:bob@web1', 'bob'],
    ['slack:T01/U01', 'slack:T01/U01', null],
  ])('joins the chain, named as `%s`', (onBehalfOf, identity, person) => {
    const { chain } = resolve({ osUser: 'ana@web1', onBehalfOf });
    expect(chain).toEqual([
      { role: 'caller', identity: 'os:ana@web1', person: 'ana' },
      { role: 'on_behalf_of', identity, person, claimed: true },
    ]);
  });
});
