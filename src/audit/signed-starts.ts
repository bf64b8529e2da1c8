import { judgeStart, type StartCase, startFreshMs } from '../approval/court/judge-start.ts';
import type { ChainLink } from '../approval/people/people.ts';
import { parseStart, type SignedAsk } from '../approval/statement/start-statement.ts';
import { decisionId, type SignedStatement } from '../approval/statement/statement.ts';
import type { Recorded, RunStarted } from '../run/events.ts';
import { signedAsk } from '../run/signed-ask.ts';
import type { RunState } from '../run/state.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Docket } from './docket.ts';

/** Who signed starts and resumptions, over the whole log: a signature is used once. */
export interface SignedStarts {
  /**
   * What is wrong with the signature of an entry, in words; null where nothing is. Whoever stands in the
   * chain as signer has signed just this, just then, and nobody else stands there as one. `state` is the
   * run before a resumption, null at its start.
   */
  judge(entry: Recorded, state: RunState | null, bench: Bench): string | null;
}

interface Bench extends Pick<Docket, 'origin' | 'rootAt' | 'rules'> {
  /** Of the run that starts; null where its blob is gone, which is found elsewhere. */
  readonly plan: Plan | null;
}

/** `keep` is told every signature, so that receipts find it. */
export function openSignedStarts(keep: (id: string) => void): SignedStarts {
  const used = new Set<string>();
  return {
    judge(entry, state, bench) {
      const claim = claimOf(entry, state, bench.plan);
      const id = claim?.signed === undefined ? null : decisionId(claim.signed);
      if (claim === null || id === null || claim.signed === undefined) {
        return claim === null || signersOf(claim).length === 0
          ? null
          : 'somebody stands in its chain as signer, but nobody signed';
      }
      const repeated = used.has(id);
      used.add(id);
      keep(id);
      return repeated
        ? 'its signature had been used before'
        : judgeClaim({ ...claim, signed: claim.signed }, entry, bench);
    },
  };
}

/** What an entry says of who signed it. */
interface Claim extends Pick<StartCase, 'meant' | 'after'> {
  readonly links: readonly ChainLink[];
  readonly signed: SignedStatement | undefined;
}

function claimOf(
  { run, event }: Recorded,
  state: RunState | null,
  plan: Plan | null,
): Claim | null {
  if (event.type === 'run.started' && run !== null) {
    const { runbook, environment, reason, initiator, signed } = event.data;
    const { name, source } = runbook;
    const asked = plan === null ? askedIn(signed) : askedOf(event.data, plan);
    const meant = { act: 'start', run, runbook: name, source, environment, reason, asked } as const;
    return { meant, after: -1, links: initiator.chain, signed };
  }
  if (event.type !== 'run.resumed' || state === null) {
    return null;
  }
  const { runbook, environment } = state.started;
  const what = { run: state.run, runbook: runbook.name, environment };
  const meant = { act: 'resume', ...what, source: null, reason: null, asked: null } as const;
  return { meant, after: state.first, ...event.data, signed: event.data.signed };
}

function askedOf(data: RunStarted, { params }: Plan): SignedAsk {
  const { ticket, not_before: notBefore, break_glass: breakGlass, overrides, reuse } = data;
  return signedAsk({ ticket, notBefore, breakGlass, overrides, reuse }, params);
}

/** Without the plan nobody can tell. */
function askedIn(signed: SignedStatement | undefined): SignedAsk | null {
  return signed === undefined ? null : parseStart(signed.statement).asked;
}

/** Another may have committed first, so that an entry stands a little after its signature was judged. */
const slackMs = 60_000;

function judgeClaim(
  claim: Claim & { readonly signed: SignedStatement },
  entry: Recorded,
  { origin, rootAt, rules }: Bench,
): string | null {
  const judged = judgeStart({
    signed: claim.signed,
    meant: claim.meant,
    after: claim.after,
    origin,
    rootAt,
    people: rules.people,
    decisionIndexUpperBound: entry.seq,
    atMs: Date.parse(entry.time),
    withinMs: startFreshMs + slackMs,
  });
  if (judged.kind === 'refused') {
    return judged.message;
  }
  const { identity, person } = judged.link;
  const signers = signersOf(claim);
  return signers.length === 1 &&
    signers.every((link) => link.identity === identity && link.person === person)
    ? null
    : `\`${person ?? ''}\` signed it, and its chain says otherwise`;
}

function signersOf({ links }: Claim): readonly ChainLink[] {
  return links.filter(({ role }) => role === 'signer');
}
