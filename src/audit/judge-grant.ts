import type { Tally } from '../approval/tally/tally.ts';
import type { Recorded, StepStarted } from '../run/events.ts';
import { recountClaim } from '../run/recount.ts';
import type { RequestRecord } from '../run/state.ts';
import { commandFor, replacementOf, usesOf } from '../run/together.ts';
import type { Docket, Replay } from './docket.ts';
import type { Flaw } from './finding.ts';
import { whyOther } from './judge-filled.ts';
import { replayVerdict } from './judge-unasked.ts';
import type { Dealings } from './loans.ts';

type GrantPermit = Extract<StepStarted['permit'], { kind: 'grant' }>;
type Findings = readonly Flaw[];

/**
 * A spawn under a grant: the request was asked in this run for this step and exactly this command, was
 * open, had uses left, and its decisions, verified anew, fill the slots that policy then demanded.
 */
export function judgeGrant(
  of: { readonly entry: Recorded; readonly data: StepStarted; readonly permit: GrantPermit },
  by: { readonly docket: Docket; readonly replay: Replay },
): Findings {
  const { entry, data, permit } = of;
  const request = by.replay.state.requests.get(permit.request);
  if (request === undefined) {
    return [['E_UNAPPROVED_EXECUTION', `request ${permit.request} was not asked in this run`]];
  }
  const misused = misuse(request, { data, permit }, by);
  if (misused.length > 0) {
    return misused;
  }
  const replayed = replayVerdict({ entry, data, evaluation: permit.evaluation }, by);
  if (replayed.kind === 'stale') {
    return replayed.findings;
  }
  if (replayed.verdict.kind === 'deny') {
    return [
      [
        'E_DENIED',
        `policy then in force denies it: ${replayed.verdict.reasons.map(({ reason }) => reason).join('; ')}`,
      ],
    ];
  }
  const slots =
    replayed.verdict.kind === 'ask' ? replayed.verdict.slots : request.content.policy.slots;
  const tally = recountClaim(request, {
    state: by.replay.state,
    people: by.docket.rules.people,
    slots,
    nowMs: Date.parse(entry.time),
    origin: by.docket.origin,
    rootAt: by.docket.rootAt,
  });
  return [...findingsOfTally(tally), ...unseen(request, data, by.replay)];
}

function misuse(
  request: RequestRecord,
  { data, permit }: { readonly data: StepStarted; readonly permit: GrantPermit },
  { docket, replay }: { readonly docket: Docket; readonly replay: Replay },
): Findings {
  const { content, closed } = request;
  const asked = commandFor(content, data.step);
  if (asked === null) {
    return [['E_APPROVAL_REPLAY', `request ${content.id} was about step ${content.step}`]];
  }
  const other = whyOther(asked, data, replay);
  if (other !== null && other.wants === undefined) {
    return [['E_COMMAND_CHANGED', `request ${content.id} does not cover it: ${other.why}`]];
  }
  if (closed !== null) {
    return [['E_APPROVAL_REPLAY', `request ${content.id} was ${closed.kind} by then`]];
  }
  const replacement = replacementOf(replay.state, request, data.step);
  if (replacement !== null) {
    const anew = replacement.content.id;
    return [['E_APPROVAL_REPLAY', `request ${content.id} was replaced for it by ${anew}`]];
  }
  const own = usesOf(replay.state, request, data.step);
  const stretched = whyStretched({ content, own }, permit, docket.dealings(content.id));
  return stretched === null ? [] : [['E_GRANT_STRETCHED', stretched]];
}

/** What only content that is gone could show: everything else is judged without it. */
function unseen(request: RequestRecord, data: StepStarted, replay: Replay): Findings {
  const { content } = request;
  const asked = commandFor(content, data.step);
  const other = asked === null ? null : whyOther(asked, data, replay);
  const message = `request ${content.id} does not cover it: ${other?.why ?? ''}`;
  return other?.wants === undefined ? [] : [['E_COMMAND_CHANGED', message, other.wants]];
}

/** Of a request that holds for other runs, too, all of them count; of one for several steps each its own. */
function whyStretched(
  { content, own }: Pick<RequestRecord, 'content'> & { readonly own: ReturnType<typeof usesOf> },
  { use }: GrantPermit,
  dealings: Dealings | null,
): string | null {
  const { reuse } = content.grant;
  const before = reuse === undefined ? own.made : (dealings?.uses ?? Number.POSITIVE_INFINITY);
  const most = reuse === undefined ? own.allowed : reuse.max_uses;
  if (use !== before + 1 || use > most || own.made >= own.allowed) {
    return `it claims use ${use}, after ${before} of ${most}`;
  }
  return dealings?.revoked === true ? 'its grant was revoked by then' : null;
}

/** Why a count of decisions is no grant. */
export function findingsOfTally(tally: Tally): Findings {
  switch (tally.kind) {
    case 'granted':
      return [];
    case 'open':
    case 'revoked':
      return [
        [
          'E_QUORUM',
          tally.missing.map(({ slot, count }) => `slot ${slot} lacks ${count}`).join(', '),
        ],
      ];
    case 'rejected':
      return [['E_REJECTED', `${tally.by} had rejected it`]];
    case 'expired':
      return [['E_EXPIRED', `its approval had expired (${tally.which})`]];
    case 'spent':
      return [['E_GRANT_STRETCHED', 'its grant was used up']];
  }
}
