import { canonicalize } from '../base/jcs.ts';
import type { Recorded, StepStarted } from '../run/events.ts';
import { judgeLoan, type LoanVerdict } from '../run/loan.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Docket, Replay } from './docket.ts';
import type { Flaw } from './finding.ts';
import { findingsOfTally } from './judge-grant.ts';
import { replayVerdict } from './judge-unasked.ts';
import { plainPlan } from './judge-unplanned.ts';

type GrantPermit = Extract<StepStarted['permit'], { kind: 'grant' }>;
type Findings = readonly Flaw[];

/**
 * A spawn under the approval of another run: it stood then, for this start, by all that the journal says of
 * either run and by the policy and the people in force; and the entry says of it what is so.
 */
export function judgeLent(
  of: { readonly entry: Recorded; readonly data: StepStarted; readonly permit: GrantPermit },
  by: { readonly docket: Docket; readonly replay: Replay },
): Findings {
  const { entry, data, permit } = of;
  const { docket, replay } = by;
  const loan = docket.loanOf(permit.request);
  if (loan === null) {
    return unseen(permit, docket);
  }
  const rule = loan.request.content.grant.reuse?.rule ?? null;
  const asked = { breakGlass: null, overrides: [], reuse: rule };
  const replayed = replayVerdict({ entry, data, evaluation: permit.evaluation, asked }, by);
  if (replayed.kind === 'stale') {
    return replayed.findings;
  }
  const judged = judgeLoan(loan, {
    state: replay.state,
    plan: replay.plan ?? plainPlan(docket, replay, { ...loan.params, ...paramsIn(permit) }),
    step: data.step,
    digest: data.digest,
    verdict: replayed.verdict,
    people: docket.rules.people,
    nowMs: Date.parse(entry.time),
    origin: docket.origin,
    rootAt: docket.rootAt,
  });
  return findingsOf(judged, permit, loan.lender.run);
}

/** Where what was approved is gone, how often it was used and whether it was ended still shows. */
function unseen({ request, use }: GrantPermit, { dealings }: Docket): Findings {
  const message = `no approval of another run stands under request ${request}`;
  const dealt = dealings(request);
  if (dealt === null || dealt.wants === null || dealt.revoked || use !== dealt.uses + 1) {
    return stretched(message);
  }
  return [['E_GRANT_STRETCHED', message, dealt.wants]];
}

/** The run's parameters as far as its start names them. Any other makes another command. */
function paramsIn({ holes = {} }: GrantPermit): Plan['params'] {
  const named = Object.entries(holes).filter(([name]) => name.startsWith('params.'));
  return Object.fromEntries(named.map(([name, value]) => [name.slice('params.'.length), value]));
}

function findingsOf(judged: LoanVerdict, permit: GrantPermit, lender: string): Findings {
  switch (judged.kind) {
    case 'stretched':
      return stretched(`request ${permit.request} does not cover it: ${judged.why}`);
    case 'self_approval':
      return [['E_SELF_APPROVAL', `${judged.person} approved it and stands behind this run`]];
    case 'uncounted':
      return judged.tally.kind === 'expired'
        ? stretched(`the time for which request ${permit.request} held was over`)
        : findingsOfTally(judged.tally);
    case 'granted': {
      const { use, holes = {}, approved_by = [], approved_with = {}, lent_by = '' } = permit;
      const lent = permit.lent ?? null;
      const said = [use, holes, approved_by, approved_with, lent_by, lent];
      const words = lent === null ? null : judged.lent;
      const is = [judged.use, judged.holes, judged.by, judged.identities, lender, words];
      return canonicalize(said) === canonicalize(is)
        ? []
        : stretched(`it says ${canonicalize(said)}, but the journal says ${canonicalize(is)}`);
    }
  }
}

function stretched(message: string): Findings {
  return [['E_GRANT_STRETCHED', message]];
}
