// Policy's word on a step, so many times over: people, chains, calendars and lists as a company has them.

import type { Initiator, People, Person } from '../../src/approval/people/people.ts';
import { viewsOf } from '../../src/approval/people/views.ts';
import { eligibleFor } from '../../src/approval/tally/eligible.ts';
import { evaluatePolicy } from '../../src/policy/evaluate.ts';
import type { Facts } from '../../src/policy/facts.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';

const [count = '10000'] = process.argv.slice(2);

const text = `
floor: { assurance: A1, pending: 1h, control: supervised }
lists: { oncall: { file: /etc/runbook/oncall } }
calendars:
  office: { timezone: Europe/Madrid, days: [mon, tue, wed, thu, fri], hours: "08:00-18:00" }
  night: { timezone: America/New_York, hours: "22:00-06:00" }
  year_end: { timezone: Europe/Madrid, from: 2026-12-20T00:00, to: 2027-01-02T00:00 }
rules:
  - name: year end
    during: [year_end]
    when: environment.protected
    deny: nothing changes before January
    override: { approvals: [{ id: head, from: [group:managers], assurance: A3 }] }
  - name: production data
    when: environment.name == "prod" && "data" in step.tags
    require:
      approvals:
        - { id: peer, count: 1, from: [group:sre, "list:oncall"] }
        - { id: owner, from: [group:data_owners], assurance: A3, escalate: [{ after: 10m, to: [group:managers] }] }
      exclude: [earlier_approver]
      reason: true
  - name: agents
    when: initiator.kind == "agent" && environment.protected
    require:
      any: [[{ id: oncall, from: ["list:oncall"] }], [{ id: pair, count: 2, from: [group:sre] }]]
      pending: 20m
  - name: outside office hours
    outside: [office]
    when: environment.protected && "risky" in step.tags
    deny: wait for somebody who is awake
${Array.from(
  { length: 16 },
  (_, at) => `  - name: team ${at}
    when: environment.name == "prod" && runbook.name.startsWith("team${at}-") && params.count > ${at}
    require: { approvals: [{ id: team, from: [group:team${at}] }] }
`,
).join('')}`;

function person(name: string, at: number): Person {
  const groups = [`team${at % 16}`, at % 3 === 0 ? 'sre' : 'data_owners'];
  return {
    name,
    groups: at % 10 === 0 ? [...groups, 'managers'] : groups,
    sshKeys: [],
    osUsers: [`${name}@web1`, `${name}@web2`],
    slack: [`T1/U${at}`],
    teams: [],
    emails: [`${name}@example.com`],
    oidc: [],
    agents: [],
    agentUsers: {},
  };
}

const people: People = { people: Array.from({ length: 40 }, (_, at) => person(`p${at}`, at)) };
const initiator: Initiator = {
  kind: 'agent',
  chain: [
    { role: 'caller', identity: 'os:p1@web1', person: 'p1' },
    { role: 'agent', identity: 'agent:deploy-bot', person: null, claimed: true },
    { role: 'agent_owner', identity: 'person:p2', person: 'p2', claimed: true },
  ],
};
const policy = parsePolicy(text, 'policy.yaml');
const startMs = Date.parse('2026-03-02T00:00:00.000Z');

function factsAt(at: number): Facts {
  return {
    environment: { name: 'prod', vars: {}, protected: true },
    runbook: { name: `team${at % 20}-restart`, trusted: true },
    step: {
      id: 'restart',
      name: null,
      tags: at % 2 === 0 ? ['data'] : [],
      privileged: true,
      kind: 'run',
    },
    params: { count: at % 32, cluster: 'payments' },
    run: { reason: 'a reason', ticket: null },
    initiator: {
      kind: 'agent',
      caller: 'os:p1@web1',
      people: ['p1', 'p2'],
      agent: 'deploy-bot',
      ci: null,
      ci_actor: null,
    },
  };
}

function decide(at: number): string {
  return evaluatePolicy(policy, factsAt(at), {
    nowMs: startMs + at * 60_000,
    config: 3,
    policyDigest: '',
    peopleDigest: '',
    eligible: (slot) => eligibleFor(slot, { people, initiator }),
    agentInChain: true,
    views: viewsOf(initiator.chain),
    asked: { breakGlass: null, overrides: [], reuse: null },
    authors: null,
    authorOf: () => null,
    approvedBefore: ['p3'],
    approversGone: [],
    lists: () => ({ people: ['p6', 'p9'], unknown: [], error: null }),
  }).kind;
}

// A round to warm up: who decides often is a process that stays.
for (let at = 0; at < Number(count); at += 1) {
  decide(at);
}
const began = process.hrtime.bigint();
const words = Array.from({ length: Number(count) }, (_, at) => decide(at));
const tookMs = Number(process.hrtime.bigint() - began) / 1e6;
process.stdout.write(
  JSON.stringify({ took_ms: Math.round(tookMs), asked: words.filter((it) => it === 'ask').length }),
);
