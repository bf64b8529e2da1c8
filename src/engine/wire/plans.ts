import * as v from 'valibot';
import type { Initiator } from '../../approval/people/people.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { Command } from '../../runbook/command.ts';
import type { Plan } from '../../runbook/plan.ts';
import type { FoundRunbook, ListedRunbook, PlanReport } from '../reports.ts';
import { count, ofNoun, type Wire } from './values.ts';

const listedRunbook: Wire<ListedRunbook> = v.object({
  name: v.string(),
  file: v.string(),
  description: v.nullable(v.string()),
  params: v.array(v.string()),
  privileged: v.nullable(count),
  problem: v.nullable(v.string()),
});

export const runbooksAnswer: Wire<{ readonly runbooks: readonly ListedRunbook[] }> = v.object({
  runbooks: v.array(listedRunbook),
});

export const foundRunbook: Wire<FoundRunbook> = v.object({
  name: v.nullable(v.string()),
  file: v.string(),
  text: v.string(),
  dir: v.string(),
  trusted: v.boolean(),
});

const initiator: Wire<Initiator> = v.object({
  kind: v.picklist(['person', 'agent', 'ci', 'unknown']),
  chain: v.array(
    v.object({
      role: v.picklist([
        'caller',
        'sudo',
        'signer',
        'on_behalf_of',
        'agent',
        'agent_owner',
        'ci',
        'ci_actor',
        'resumer',
        'doer',
        'decider',
      ]),
      identity: v.string(),
      person: v.nullable(v.string()),
      claimed: v.exactOptional(v.literal(true)),
    }),
  ),
});

export const planReport: Wire<PlanReport> = v.object({
  plan: ofNoun<Plan>(),
  initiator,
  refusal: v.nullable(v.object({ message: v.string(), hint: v.nullable(v.string()) })),
  steps: v.array(
    v.object({
      id: v.string(),
      name: v.nullable(v.string()),
      list: v.picklist(['preconditions', 'steps', 'finally']),
      summary: v.string(),
      verdict: ofNoun<Verdict>(),
      digest: v.nullable(v.string()),
      command: v.nullable(ofNoun<Command>()),
      not_bound: v.array(v.string()),
    }),
  ),
});
