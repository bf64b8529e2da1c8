import { formatDuration } from '../base/duration.ts';
import { anyone, type Evaluation, type Slot, type Verdict } from './policy.ts';

/** A verdict in lines for people, most important first. */
export function explainVerdict(verdict: Verdict): string[] {
  switch (verdict.kind) {
    case 'none':
      return ['runs without approval: it is not privileged and no rule asks for one'];
    case 'ask':
      return [
        ...verdict.slots.map(explainSlot),
        ...(verdict.reasonRequired ? ['needs a reason (`--reason`)'] : []),
        `waits ${formatDuration(verdict.pendingMs)} for decisions; an approval holds ${formatDuration(verdict.unusedMs)}`,
        ...explainMatches(verdict.evaluation),
      ];
    case 'deny':
      return verdict.reasons.map(({ rule, reason }) => `denied by rule \`${rule}\`: ${reason}`);
  }
}

/** `group:sre`, a name, or `anyone enrolled` for `*`. */
export function explainFrom(from: readonly string[]): string {
  return from.map((entry) => (entry === anyone ? 'anyone enrolled' : `\`${entry}\``)).join(' or ');
}

function explainSlot(slot: Slot): string {
  const approvals = slot.count === 1 ? '1 approval' : `${slot.count} approvals`;
  const touch = slot.presence ? ' with a touch' : '';
  const who = slot.eligible.length === 0 ? 'nobody now' : slot.eligible.join(', ');
  return `needs ${approvals} at \`${slot.assurance}\`${touch} from ${explainFrom(slot.from)} (\`${slot.id}\`; eligible: ${who})`;
}

function explainMatches(evaluation: Evaluation): string[] {
  return evaluation.matched.map((rule) => `rule \`${rule}\` matched`);
}
