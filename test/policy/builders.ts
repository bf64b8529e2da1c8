import type { PolicyContext } from '../../src/policy/evaluate.ts';
import type { Facts } from '../../src/policy/facts.ts';
import { recordedLists } from '../../src/policy/lists.ts';

/** A harmless step of a trusted runbook, started by ana; name what differs. */
export function someFacts(more: { readonly [K in keyof Facts]?: Partial<Facts[K]> } = {}): Facts {
  return {
    environment: { name: 'local', vars: {}, protected: false, ...more.environment },
    runbook: { name: 'restart-cluster', trusted: true, ...more.runbook },
    step: { id: 'restart', name: null, tags: [], privileged: false, kind: 'run', ...more.step },
    params: { cluster: 'demo', ...more.params },
    run: { reason: null, ticket: null, ...more.run },
    initiator: {
      kind: 'person',
      caller: 'os:ana@web1',
      people: ['ana'],
      agent: null,
      ci: null,
      ci_actor: null,
      ...more.initiator,
    },
  };
}

export function aContext(more: Partial<PolicyContext> = {}): PolicyContext {
  return {
    // A Monday in Berlin, and still Sunday in New York.
    nowMs: Date.parse('2026-03-02T01:00:00.000Z'),
    config: 3,
    policyDigest: 'p'.repeat(64),
    peopleDigest: 'q'.repeat(64),
    eligible: ({ from }) => (from.includes('*') ? ['bob', 'carol'] : ['bob']),
    agentInChain: false,
    asked: { breakGlass: null, overrides: [], reuse: null },
    authors: null,
    authorOf: () => null,
    approvedBefore: [],
    approversGone: [],
    lists: recordedLists({}),
    ...more,
  };
}
