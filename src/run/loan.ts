import { evidenceIdentities } from '../approval/court/evidence-identity.ts';
import type { GrantUse } from '../approval/grant-report.ts';
import { personNamed } from '../approval/people/identity.ts';
import { addLink } from '../approval/people/initiator.ts';
import type { Initiator, People } from '../approval/people/people.ts';
import { conflictOf } from '../approval/tally/eligible.ts';
import type { Tally } from '../approval/tally/tally.ts';
import { digestWords } from '../base/digest.ts';
import type { Sha256 } from '../base/ids.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Json } from '../base/json.ts';
import type { Verdict } from '../policy/policy.ts';
import type { Command } from '../runbook/command.ts';
import { commandDigest, isSecretRef } from '../runbook/digest.ts';
import type { HoleLimits } from '../runbook/holes/hole.ts';
import { fillHoles, fitsHole } from '../runbook/holes/holes.ts';
import type { Plan } from '../runbook/plan.ts';
import type { StepStarted } from './events.ts';
import { type Counting, tallyClaim } from './judge.ts';
import { type ClaimCourt, standingDecisions } from './recount.ts';
import type { RequestRecord, RunState } from './state.ts';

/** An approval of one run that was asked to hold for others, with all that became of it. */
export interface Loan {
  /** The run that asked, and its request, as of now. */
  readonly lender: RunState;
  readonly request: RequestRecord;
  /** What was approved: a command with marks where `holes` are. */
  readonly template: Command;
  /** The parameters of the run that asked. */
  readonly params: Plan['params'];
  /** Starts under it so far, in whichever run. */
  readonly uses: number;
  readonly revoked: boolean;
}

/** A start that another run would make under it. */
export interface Borrower {
  readonly state: RunState;
  readonly plan: Plan;
  readonly step: string;
  /** Of the command that would run. */
  readonly digest: Sha256;
  /** What policy says now of this step, asked with the loan's own rule. */
  readonly verdict: Verdict;
  readonly people: People;
  readonly nowMs: number;
  readonly origin: string;
  readonly rootAt: ClaimCourt['rootAt'];
}

export type LoanVerdict =
  | {
      readonly kind: 'granted';
      /** The number that this start gets among all. */
      readonly use: number;
      readonly holes: Readonly<Record<string, Json>>;
      /** People whose approvals it stands on, sorted. */
      readonly by: readonly string[];
      /** What each of them approved with. */
      readonly identities: Readonly<Record<string, readonly string[]>>;
      /** The words of its request, and how many uses there are in all. */
      readonly lent: { readonly words: string; readonly of: number };
      /** From then on it holds no more. */
      readonly untilMs: number;
    }
  /** It does not cover this start. */
  | { readonly kind: 'stretched'; readonly why: string }
  | { readonly kind: 'self_approval'; readonly person: string }
  /** It would cover it, but its decisions do not grant it now. */
  | { readonly kind: 'uncounted'; readonly tally: Tally };

/**
 * Whether a start in another run stands under an approval. The engine starts by it, and the auditor
 * replays it: they cannot come to differ. Of what was approved and what policy says now the stricter
 * holds in everything: slots, holes, uses, time.
 */
export function judgeLoan(loan: Loan, borrower: Borrower): LoanVerdict {
  const { verdict } = borrower;
  if (verdict.kind !== 'ask' || verdict.reuse === null) {
    return stretched('policy no longer has its rule for this step');
  }
  const terms = termsOf(loan, verdict);
  const why =
    whyOver(loan, terms.maxUses) ??
    whyElsewhere(loan, borrower) ??
    whyOther(loan, borrower, terms.vary) ??
    whyUnfit(loan, borrower, terms.vary);
  if (why !== null) {
    return stretched(why);
  }
  const person = approverBehind(loan, borrower);
  return person === null
    ? count(loan, borrower, { ...terms, slots: verdict.slots })
    : { kind: 'self_approval', person };
}

interface Terms {
  readonly maxUses: number;
  readonly forMs: number;
  readonly vary: Readonly<Record<string, HoleLimits>>;
}

function termsOf({ request }: Loan, { reuse }: Extract<Verdict, { kind: 'ask' }>): Terms {
  const asked = request.content.grant.reuse;
  return {
    maxUses: Math.min(asked?.max_uses ?? 0, reuse?.max_uses ?? 0),
    forMs: Math.min(asked?.for_ms ?? 0, reuse?.for_ms ?? 0),
    vary: reuse?.vary ?? {},
  };
}

function whyOver({ request, uses, revoked }: Loan, maxUses: number): string | null {
  const { content, closed, used } = request;
  if (content.grant.reuse === undefined || content.commands.length !== 1) {
    return `request ${content.id} was not asked to hold for other runs`;
  }
  if (content.break_glass !== null || (content.overrides ?? []).length > 0) {
    return `request ${content.id} lifts what policy denies, for its own run alone`;
  }
  if (revoked) {
    return 'it was revoked';
  }
  if (closed !== null) {
    return `request ${content.id} was ${closed.kind}`;
  }
  if (used === 0) {
    return 'the run that asked has not used it itself';
  }
  return uses < maxUses ? null : `it was used ${uses} times, and ${maxUses} are allowed`;
}

/** Same runbook, step, environment, host and user: the digest covers the last three again. */
function whyElsewhere({ request: { content } }: Loan, borrower: Borrower): string | null {
  const { state, plan, step } = borrower;
  const { runbook, target } = content;
  const { started } = state;
  const pairs = {
    run: [state.run !== content.run, true],
    runbook: [plan.runbook.name, runbook.name],
    "the runbook's text": [plan.runbook.source, runbook.source],
    'the trusted folders': [plan.runbook.trusted, runbook.trusted],
    step: [step, content.step],
    environment: [plan.environment.name, target.environment],
    host: [started.host, target.host],
    user: [started.uid, target.uid],
  };
  const other = Object.entries(pairs).find(([, [here, there]]) => here !== there);
  return other === undefined ? null : `it is about another place: ${other[0]}`;
}

/** Parameters may differ only where a rule lets them; secrets are told apart by the digest. */
function whyOther({ params }: Loan, { plan }: Borrower, vary: Terms['vary']): string | null {
  const names = [...new Set([...Object.keys(params), ...Object.keys(plan.params)])];
  for (const name of names) {
    const [here, there] = [plan.params[name] ?? null, params[name] ?? null];
    if (isSecretRef(here) || isSecretRef(there) || canonicalize(here) === canonicalize(there)) {
      continue;
    }
    const limits = limitsOf(vary, name);
    const misfit =
      limits === null
        ? `parameter \`${name}\` may not vary`
        : fitsHole({ ...limits, name: `params.${name}` }, here);
    if (misfit !== null) {
      return misfit;
    }
  }
  return null;
}

/** The approved template, filled with this run's values, is the very command; and each value fits. */
function whyUnfit(
  { request, template }: Loan,
  borrower: Borrower,
  vary: Terms['vary'],
): string | null {
  const [asked] = request.content.commands;
  for (const hole of asked?.holes ?? []) {
    const name = hole.name.slice('params.'.length);
    const value = valuesOf(request, borrower)[hole.name];
    const limits = limitsOf(vary, name);
    if (value === undefined || limits === null) {
      return `\`${hole.name}\` may not vary`;
    }
    const misfit = fitsHole(hole, value) ?? fitsHole({ ...limits, name: hole.name }, value);
    if (misfit !== null) {
      return misfit;
    }
  }
  const filled = commandDigest(fillHoles(template, valuesOf(request, borrower)));
  return asked?.digest === commandDigest(template) && filled === borrower.digest
    ? null
    : 'it is about another command';
}

function limitsOf(vary: Terms['vary'], name: string): HoleLimits | null {
  return (Object.hasOwn(vary, name) ? vary[name] : undefined) ?? null;
}

/** What this run puts into the holes: its own open parameters, and nothing else. */
function valuesOf(
  { content }: RequestRecord,
  { plan }: Pick<Borrower, 'plan'>,
): Readonly<Record<string, Json>> {
  const holes = content.commands.flatMap((command) => command.holes ?? []);
  return Object.fromEntries(
    holes.flatMap(({ name }): [string, Json][] => {
      const value = name.startsWith('params.') ? plan.params[name.slice('params.'.length)] : null;
      return value === undefined || value === null || isSecretRef(value) ? [] : [[name, value]];
    }),
  );
}

/** Whoever approved it and now stands behind the run that would use it, needed or not. */
function approverBehind({ request }: Loan, { state, people }: Borrower): string | null {
  const approvers = request.decisions.flatMap(({ data }) =>
    data.decision === 'approve' ? data.person : [],
  );
  const behind = approvers.find((name) => {
    const person = personNamed(people, name);
    return (
      state.initiator.chain.some((link) => link.person === name) ||
      (person !== null && conflictOf(person, state.initiator) !== null)
    );
  });
  return behind ?? null;
}

/** Evidence is verified again, with everyone behind either run in the chain. */
function count(
  loan: Loan,
  borrower: Borrower,
  terms: Terms & Required<Pick<Counting, 'slots'>>,
): LoanVerdict {
  const { lender, request, uses } = loan;
  const { people, nowMs, origin, rootAt, state } = borrower;
  const initiator = unionOf(lender.initiator, state.initiator);
  const { via: served, ...started } = lender.started;
  const isServed = served === 'api' && state.started.via === 'api';
  const decisions = standingDecisions(request, {
    state: { ...lender, initiator, started: isServed ? lender.started : started },
    people,
    origin,
    rootAt,
  });
  const lent = { ...asLent(request, { uses, terms }), decisions };
  const tally = tallyClaim(lent, { people, initiator, nowMs, slots: terms.slots, lastUseMs: null });
  if (tally.kind !== 'granted') {
    return { kind: 'uncounted', tally };
  }
  const by = [...new Set(tally.by.map(({ person }) => person))].sort();
  return {
    kind: 'granted',
    use: uses + 1,
    holes: valuesOf(request, borrower),
    by,
    identities: Object.fromEntries(by.map((person) => [person, identitiesIn(decisions, person)])),
    lent: { words: digestWords(request.hash), of: terms.maxUses },
    untilMs: tally.until,
  };
}

function identitiesIn(decisions: RequestRecord['decisions'], person: string): readonly string[] {
  const theirs = decisions.filter(
    ({ data }) => data.person === person && data.decision === 'approve',
  );
  return [...new Set(theirs.flatMap(({ data }) => evidenceIdentities(data)))].sort();
}

/** The request as it counts for others: all runs' uses, and a time from the approval on that no use prolongs. */
export function asLent(
  request: RequestRecord,
  { uses, terms }: { readonly uses: number; readonly terms: Pick<Terms, 'maxUses' | 'forMs'> },
): RequestRecord {
  const { content } = request;
  const rule = content.grant.reuse?.rule ?? '';
  const reuse = { rule, max_uses: terms.maxUses, for_ms: terms.forMs };
  const grant = { ...content.grant, uses: terms.maxUses, reuse };
  return { ...request, used: uses, content: { ...content, grant } };
}

function unionOf(lender: Initiator, borrower: Initiator): Initiator {
  return lender.chain.reduce(addLink, borrower);
}

function stretched(why: string): LoanVerdict {
  return { kind: 'stretched', why };
}

/** What of a permit tells people that the start stands under an approval of another run; null where it does not. */
export function grantUse(permit: StepStarted['permit']): GrantUse | null {
  if (permit.kind !== 'grant' || permit.lent === undefined) {
    return null;
  }
  const { request, use, lent, approved_by = [] } = permit;
  return { request, words: lent.words, use, of: lent.of, approved_by };
}
