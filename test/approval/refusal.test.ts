import { describe, expect, test } from 'vitest';
import {
  addLink,
  type Caller,
  resolveInitiator,
  resumerLinks,
} from '../../src/approval/people/initiator.ts';
import type { ChainLink } from '../../src/approval/people/people.ts';
import { refusalFor } from '../../src/approval/people/refusal.ts';
import { aPerson } from './builders.ts';

const people = {
  people: [
    aPerson('ana', { osUsers: ['ana@web1'], agents: ['ci:github/ana'] }),
    aPerson('bob', { osUsers: ['bob@web1'] }),
    aPerson('carol', {
      agents: ['deploy-bot', 'ci:github/acme/infra'],
      agentUsers: { 'deploy-bot': ['bot@web1'], 'ci:github/acme/infra': ['runner@*'] },
    }),
  ],
};

const start = (caller: Caller): readonly ChainLink[] => resolveInitiator(people, caller).chain;
const refuse = (caller: Caller) => refusalFor(people, start(caller));
const signer: ChainLink = { role: 'signer', identity: 'ssh:ssh-ed25519 AAAA', person: 'ana' };

const token = (kind: 'person' | 'agent' | 'ci', id: string): Caller => ({
  token: '4f7k',
  holder: { kind, id },
});

describe('a privileged step may be started by', () => {
  test.each<[string, Caller]>([
    ["a person's account", { osUser: 'ana@web1' }],
    ["an agent's own account", { osUser: 'bot@web1' }],
    ["a CI job's own account", { osUser: 'runner@vm7' }],
    ['a person who became root', { osUser: 'root@web1', sudoUser: 'ana' }],
    ['an agent that became root', { osUser: 'root@web1', sudoUser: 'bot' }],
    ["a person's account that says it is an agent", { osUser: 'ana@web1', agent: 'deploy-bot' }],
    [
      'a job that a person set off',
      { osUser: 'runner@vm7', ci: { identity: 'github/acme/infra', actor: 'github/ana' } },
    ],
    ["a person's token", token('person', 'ana')],
    ["an agent's token", token('agent', 'deploy-bot')],
    ["a CI job's token", token('ci', 'github/acme/infra')],
    [
      "an agent's token, for somebody known",
      { ...token('agent', 'deploy-bot'), onBehalfOf: 'bob' },
    ],
  ])('%s', (_who, caller) => {
    expect(refuse(caller)).toBeNull();
  });

  test('an account that several share, once one of them signs', () => {
    expect(refusalFor(people, [...start({ osUser: 'ops@web1' }), signer])).toBeNull();
    const claims = start({ osUser: 'ops@web1', agent: 'deploy-bot' });
    expect(refusalFor(people, [...claims, signer])).toBeNull();
  });
});

describe('a privileged step may not be started by', () => {
  const ci = { identity: 'github/acme/infra' };

  test.each<[string, Caller, string]>([
    ['an account of nobody', { osUser: 'dave@web1' }, 'os:dave@web1'],
    ['one that says it is an agent', { osUser: 'dave@web1', agent: 'deploy-bot' }, 'os:dave@web1'],
    ['one that says it is a job', { osUser: 'dave@web1', ci }, 'os:dave@web1'],
    [
      'one that says who set it off',
      { osUser: 'dave@web1', ci: { ...ci, actor: 'github/ana' } },
      'os:dave@web1',
    ],
    ['one that says whose sudo it is', { osUser: 'dave@web1', sudoUser: 'ana' }, 'os:dave@web1'],
    ['one that says for whom', { osUser: 'dave@web1', onBehalfOf: 'ana' }, 'os:dave@web1'],
    ["an agent's account on another host", { osUser: 'bot@web2' }, 'os:bot@web2'],
    ['root, who says nothing', { osUser: 'root@web1' }, 'os:root@web1'],
    ['root for a stranger', { osUser: 'root@web1', sudoUser: 'dave' }, 'os:dave@web1'],
    ['a person for a stranger', { osUser: 'ana@web1', sudoUser: 'eve' }, 'os:eve@web1'],
    [
      'a job that a stranger set off',
      { osUser: 'runner@vm7', ci: { ...ci, actor: 'github/eve' } },
      'ci:github/eve',
    ],
    ['a person on behalf of a stranger', { osUser: 'ana@web1', onBehalfOf: 'eve' }, 'person:eve'],
    ['an agent without an owner', token('agent', 'rogue'), 'agent:rogue'],
  ])('%s', (_who, caller, named) => {
    expect(refuse(caller)?.message).toContain(`\`${named}\``);
  });

  test('somebody whose colleague signed for the same account earlier', () => {
    const shared = { osUser: 'ops@web1' };
    const resumed = resumerLinks(people, shared);
    expect(refusalFor(people, resumed)).not.toBeNull();
    const elsewhere = resumerLinks(people, { osUser: 'dave@web1' });
    const first = { kind: 'person', chain: [...start(shared), signer] } as const;
    expect(refusalFor(people, elsewhere.reduce(addLink, first).chain)).not.toBeNull();
  });

  test('a stranger before whom somebody else signed', () => {
    const resumed = resumerLinks(people, { osUser: 'bob@web1' });
    const chain = [...start({ osUser: 'dave@web1' }), ...resumed, { ...signer, person: 'bob' }];
    expect(refusalFor(people, chain)?.message).toContain('`os:dave@web1`');
  });
});

describe('the hint', () => {
  test('names each way to let an account start', () => {
    expect(refuse({ osUser: 'dave@web1' })).toEqual({
      message:
        '`os:dave@web1` maps to no person in `people.yaml`, so nobody answers for its privileged steps',
      hint: "if this account is one person's, `runbook people add NAME --os-user dave@web1`; if several share it, whoever starts signs: `--as NAME --key FILE`",
    });
    expect(refuse({ osUser: 'svc@web9', agent: 'deploy-bot' })?.hint).toContain(
      "if it is that agent's own, `runbook people add carol --agent-user deploy-bot=svc@web9`",
    );
    expect(refuse({ osUser: 'vm@web9', ci: { identity: 'github/acme/infra' } })?.hint).toContain(
      '`runbook people add carol --agent-user ci:github/acme/infra=vm@web9`',
    );
  });

  test('names whoever has no owner', () => {
    expect(refuse(token('agent', 'rogue'))?.hint).toBe('runbook people add NAME --agent rogue');
    expect(refuse(token('ci', 'github/acme/x'))?.hint).toBe(
      'runbook people add NAME --agent ci:github/acme/x',
    );
    const ci = { identity: 'github/acme/infra', actor: 'github/eve' };
    expect(refuse({ osUser: 'ana@web1', ci })?.hint).toBe(
      'runbook people add NAME --agent ci:github/eve',
    );
  });
});
