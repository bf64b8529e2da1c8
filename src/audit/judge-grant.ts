import type { Tally } from '../approval/tally.ts';
import type { Recorded, StepStarted } from '../run/events.ts';
import { recountClaim } from '../run/recount.ts';
import type { RequestRecord } from '../run/state.ts';
import type { Docket, Replay } from './docket.ts';
import type { FindingCode } from './finding.ts';
import { replayVerdict } from './judge-unasked.ts';

type GrantPermit = Extract<StepStarted['permit'], { kind: 'grant' }>;
type Findings = readonly (readonly [FindingCode, string])[];

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
  const misused = misuse(request, data, permit);
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
  return findingsOfTally(
    recountClaim(request, {
      state: by.replay.state,
      people: by.docket.rules.people,
      slots,
      nowMs: Date.parse(entry.time),
      origin: by.docket.origin,
      rootAt: by.docket.rootAt,
    }),
  );
}

function misuse(request: RequestRecord, data: StepStarted, permit: GrantPermit): Findings {
  const { content, used, closed } = request;
  if (content.step !== data.step) {
    return [['E_APPROVAL_REPLAY', `request ${content.id} was about step ${content.step}`]];
  }
  const isAsked = content.commands.some(
    ({ step, digest, command }) =>
      step === data.step && digest === data.digest && command === data.command,
  );
  if (!isAsked) {
    return [
      [
        'E_COMMAND_CHANGED',
        `it ran ${data.digest.slice(0, 12)}…, which request ${content.id} does not name`,
      ],
    ];
  }
  if (closed !== null) {
    return [['E_APPROVAL_REPLAY', `request ${content.id} was ${closed.kind} by then`]];
  }
  return permit.use !== used + 1 || permit.use > content.grant.uses
    ? [['E_GRANT_STRETCHED', `it claims use ${permit.use}, after ${used} of ${content.grant.uses}`]]
    : [];
}

function findingsOfTally(tally: Tally): Findings {
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
