import type { Sha256 } from '../../base/ids.ts';
import { canonicalize } from '../../base/jcs.ts';
import type { ChainLink } from '../people/people.ts';
import {
  parseStart,
  type SignedAsk,
  type StartStatement,
  startNamespace,
} from '../statement/start-statement.ts';
import { decisionId } from '../statement/statement.ts';
import { type Refused, refused, refuseSeenLog } from './court.ts';
import { judgeSigned, type SignedCourt } from './judge-signed.ts';

/** What a start must have been signed for, as its entry has it. */
export type StartMeant = Pick<
  StartStatement,
  'act' | 'run' | 'runbook' | 'source' | 'environment' | 'reason' | 'asked'
>;

/** A signed start or resumption and everything it is judged by. */
export interface StartCase extends Omit<SignedCourt, 'initiator'> {
  readonly meant: StartMeant;
  /** The run's first entry, which whoever resumes it has seen; -1 where there is none yet. */
  readonly after: number;
  /** When it is recorded, and how old it may be by then. */
  readonly atMs: number;
  readonly withinMs: number;
}

/** What an accepted one amounts to: one more link of the chain. */
export interface AcceptedStart {
  readonly kind: 'accepted';
  readonly id: Sha256;
  readonly link: ChainLink;
}

/** A signed start is handed in at once: later it would be somebody else's use of it. */
export const startFreshMs = 5 * 60_000;

/**
 * Whether somebody signed that it is them who starts or resumes exactly this run, just now. The engine
 * adds the link by it, and the auditor replays it. Pure, and no is its answer to everything odd.
 */
export function judgeStart(input: StartCase): AcceptedStart | Refused {
  // Whoever signs is about to join the chain: nothing in it could be against them.
  const court = { ...input, initiator: { kind: 'unknown', chain: [] } } as const;
  const signed = judgeSigned(court, startNamespace, parseStart);
  if (signed.kind === 'refused') {
    return signed;
  }
  const { text, person, publicKey } = signed;
  return (
    refuseOther(input.meant, text) ??
    refuseOtherAsk(input.meant.asked, text.asked) ??
    refuseOld(input, text) ??
    refuseSeenLog(court, text.log, input.after) ?? {
      kind: 'accepted',
      id: decisionId(input.signed),
      link: { role: 'signer', identity: `ssh:${publicKey}`, person: person.name },
    }
  );
}

function refuseOther(meant: StartMeant, text: StartStatement): Refused | null {
  const keys = ['act', 'run', 'runbook', 'source', 'environment', 'reason'] as const;
  const other = keys.find((key) => text[key] !== meant[key]);
  return other === undefined
    ? null
    : refused(
        'other_start',
        `signed for the ${other} \`${text[other] ?? 'none'}\`, not for \`${meant[other] ?? 'none'}\``,
        signAgain,
      );
}

/** The same runbook with other parameters, at another time or by another way past a rule is another run. */
function refuseOtherAsk(meant: SignedAsk | null, said: SignedAsk | null): Refused | null {
  const keys = ['params', 'ticket', 'not_before', 'break_glass', 'overrides', 'reuse'] as const;
  const other = keys.find(
    (key) => canonicalize(meant?.[key] ?? null) !== canonicalize(said?.[key] ?? null),
  );
  return other === undefined
    ? null
    : refused('other_start', `signed for ${asks[other]}`, signAgain);
}

const asks: Readonly<Record<keyof SignedAsk, string>> = {
  params: 'other parameters',
  ticket: 'another ticket',
  not_before: 'another time (`--at`)',
  break_glass: 'another `--break-glass`',
  overrides: 'another `--override`',
  reuse: 'another `--grant`',
};

const signAgain = 'sign for what is started: `--as NAME` with the same command';

function refuseOld({ atMs, withinMs }: StartCase, { time }: StartStatement): Refused | null {
  return Math.abs(atMs - Date.parse(time)) <= withinMs
    ? null
    : refused(
        'start_stale',
        `signed at ${time}, which is more than ${withinMs / 60_000} minutes away`,
        'sign again; the clocks of both machines must agree',
      );
}
