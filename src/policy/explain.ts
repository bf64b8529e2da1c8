import { formatDuration } from '../base/duration.ts';
import { describeLimits } from '../runbook/holes/limits.ts';
import { explainFrom, explainProof, listFlaws, slotConditions } from './explain-slot.ts';
import type {
  BreakGlassTerms,
  Evaluation,
  RemoteDemand,
  ReuseTerms,
  Slot,
  Verdict,
} from './policy.ts';

/** A verdict in lines for people, most important first. Not sanitised. */
export function explainVerdict(verdict: Verdict): string[] {
  switch (verdict.kind) {
    case 'none':
      return ['runs without approval: it is not privileged and no rule asks for one'];
    case 'ask':
      return [
        ...(verdict.breakGlass === null ? [] : explainBreakGlass(verdict.breakGlass)),
        ...verdict.slots.map(explainSlot),
        ...listFlaws(verdict.evaluation),
        ...verdict.overrides.map((rule) => `an approval lifts rule \`${rule}\`, which denies it`),
        ...(verdict.reuse === null ? [] : explainReuse(verdict.reuse)),
        ...(verdict.reasonRequired ? ['needs a reason (`--reason`)'] : []),
        explainTimes(verdict),
        ...(verdict.remote === null ? [] : [explainRemote(verdict.remote)]),
        ...explainMatches(verdict.evaluation),
      ];
    case 'deny':
      return verdict.reasons.map(
        ({ rule, reason, hint }) =>
          `denied by rule \`${rule}\`: ${reason}${hint === undefined ? '' : ` (${hint})`}`,
      );
  }
}

function explainSlot(slot: Slot): string {
  const approvals = slot.count === 1 ? '1 approval' : `${slot.count} approvals`;
  const who = slot.eligible.length === 0 ? 'nobody now' : slot.eligible.join(', ');
  const more = [`\`${slot.id}\``, `eligible: ${who}`, ...slotConditions(slot)].join('; ');
  return `needs ${approvals} at \`${slot.assurance}\`${explainProof(slot)} from ${explainFrom(slot.from)} (${more})`;
}

function explainBreakGlass({ rule, review }: BreakGlassTerms): readonly string[] {
  const within = formatDuration(review.within_ms);
  return [
    `breaks the glass by \`${rule}\`: whoever signs acts alone, and within ${within} of the start owes a review by ${explainFrom(review.from)}`,
  ];
}

function explainReuse({ rule, max_uses, for_ms, vary }: ReuseTerms): readonly string[] {
  const varied = Object.entries(vary).map(
    ([name, limits]) => `\`${name}\` may be ${describeLimits(limits) || limits.type}`,
  );
  return [
    `an approval holds for later runs by \`${rule}\`: ${max_uses} starts in all, for ${formatDuration(for_ms)}`,
    ...varied,
  ];
}

/** Not sanitised; there is nothing of anybody's in it. */
export function explainRemote({ required, within_ms }: RemoteDemand): string {
  const copies = required === 1 ? '1 copy' : `${required} copies`;
  return `runs only once ${copies} elsewhere acknowledged its start, within ${formatDuration(within_ms)}`;
}

function explainTimes({
  pendingMs,
  unusedMs,
  remindMs,
}: Extract<Verdict, { kind: 'ask' }>): string {
  const reminders = remindMs === null ? '' : `; reminds every ${formatDuration(remindMs)}`;
  return `waits ${formatDuration(pendingMs)} for decisions; an approval holds ${formatDuration(unusedMs)}${reminders}`;
}

function explainMatches(evaluation: Evaluation): string[] {
  return evaluation.matched.map((rule) => `rule \`${rule}\` matched`);
}
