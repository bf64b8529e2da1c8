import { describe, expect, test } from 'vitest';
import {
  addLink,
  type Caller,
  chainPeople,
  refusalFor,
  resolveInitiator,
  resumerLinks,
} from '../../src/approval/initiator.ts';
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

  test('gains the agent and its owner, and loses nobody by it', () => {
    expect(resolve({ osUser: 'ana@web1', agent: 'deploy-bot' })).toEqual({
      kind: 'agent',
      chain: [
        { role: 'caller', identity: 'os:ana@web1', person: 'ana' },
        { role: 'agent', identity: 'agent:deploy-bot', person: null },
        { role: 'agent_owner', identity: 'person:carol', person: 'carol' },
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

describe('an initiator', () => {
  const refuse = (caller: Caller) => refusalFor(resolve(caller));

  test('who is a person may ask for approval', () => {
    expect(refuse({ osUser: 'ana@web1' })).toBeNull();
    expect(refuse({ osUser: 'root@web1', sudoUser: 'ana' })).toBeNull();
  });

  test('who is an agent with an owner may ask for approval', () => {
    expect(refuse({ osUser: 'svc@web9', agent: 'deploy-bot' })).toBeNull();
  });

  test('who maps to nobody is refused, with the command that fixes it', () => {
    expect(refuse({ osUser: 'dave@web1' })).toEqual({
      message:
        '`os:dave@web1` maps to no person in `people.yaml`, so nobody answers for its privileged steps',
      hint: 'runbook people add NAME --os-user dave@web1',
    });
    expect(refuse({ osUser: 'root@web1', sudoUser: 'dave' })?.hint).toBe(
      'runbook people add NAME --os-user dave@web1',
    );
  });

  test('who is an agent or a CI job without an owner is refused', () => {
    expect(refuse({ osUser: 'svc@web9', agent: 'rogue' })?.hint).toBe(
      'runbook people add NAME --agent rogue',
    );
    expect(refuse({ osUser: 'svc@web9', ci: { identity: 'github/acme/x' } })?.hint).toBe(
      'runbook people add NAME --agent ci:github/acme/x',
    );
  });

  test('whose run a stranger has taken on is refused, though its caller is known', () => {
    const links = resumerLinks(crew, { osUser: 'dave@web1' });
    const initiator = links.reduce(addLink, resolve({ osUser: 'ana@web1' }));
    expect(refusalFor(initiator)?.hint).toBe('runbook people add NAME --os-user dave@web1');
  });

  test('whose run an owned agent has taken on may go on', () => {
    const links = resumerLinks(crew, { osUser: 'svc@web9', agent: 'deploy-bot' });
    const initiator = links.reduce(addLink, resolve({ osUser: 'ana@web1' }));
    expect(refusalFor(initiator)).toBeNull();
    expect(chainPeople(initiator)).toEqual(['ana', 'carol']);
    expect(initiator.kind).toBe('agent');
    expect(initiator.chain.map(({ role }) => role)).toEqual([
      'caller',
      'caller',
      'agent',
      'resumer',
    ]);
  });

  test('a human in the chain who maps to nobody stops it, whoever stands beside them', () => {
    const sudo = resolve({ osUser: 'ana@web1', sudoUser: 'eve' });
    expect(refusalFor(sudo)?.message).toContain('`os:eve@web1` maps to no person');
    const set = resolve({
      osUser: 'ana@web1',
      ci: { identity: 'github/acme/infra', actor: 'github/eve' },
    });
    expect(refusalFor(set)?.message).toContain('`ci:github/eve` maps to no person');
    const links = resumerLinks(crew, { osUser: 'ana@web1', sudoUser: 'eve' });
    expect(refusalFor(links.reduce(addLink, resolve({ osUser: 'ana@web1' })))).not.toBeNull();
  });
});
