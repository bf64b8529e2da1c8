import { formatDuration } from '../../base/duration.ts';
import { explainRemote } from '../../policy/explain.ts';
import type { RequestContent } from '../request.ts';
import type { CardInput } from './card.ts';
import { type CardSection, fields } from './card-section.ts';
import { effectFields, startsWords } from './card-steps.ts';

/** What a start may do, and how often; of several steps each says so itself. */
export function effect({ effect, grant, commands }: RequestContent): CardSection | null {
  if (commands.length > 1 && commands.every((command) => command.effect !== undefined)) {
    return null;
  }
  return fields('Effect', [
    ['may start', commands.length > 1 ? 'each step as it says' : usesWords(grant)],
    ...effectFields(effect),
  ]);
}

function usesWords({ uses, reuse }: RequestContent['grant']): string {
  return reuse === undefined
    ? startsWords(uses)
    : `${startsWords(reuse.max_uses)}, later runs included`;
}

/** Until when all this holds. */
export function limits({ content, words, nowMs, state }: CardInput): CardSection | null {
  const { pending_until, unused_ms, not_before, remote } = content.limits;
  const leftMs = Date.parse(pending_until) - nowMs;
  const seconds = Math.max(0, Math.floor(leftMs / 1000)) * 1000;
  const left = leftMs > 0 ? `${formatDuration(seconds)} left` : 'too late';
  const startsAt: [string, string][] =
    not_before === undefined ? [] : [['starts no earlier than', not_before]];
  // A window for later runs counts from the approval, in the place of the time it may lie unused.
  const holdsMs = content.grant.reuse?.for_ms ?? unused_ms;
  const fromThen = startsAt.length > 0 && content.grant.reuse === undefined ? ' from then on' : '';
  return fields('Limits', [
    ['request', words],
    ['command', `sha256 ${content.commands.map(({ digest }) => digest.slice(0, 12)).join(', ')}`],
    ['decide by', isOver(state) ? pending_until : `${pending_until} (${left})`],
    ...startsAt,
    ['an approval holds', `${formatDuration(holdsMs)}${fromThen}`],
    ...(remote === undefined ? [] : [['start', explainRemote(remote)] satisfies [string, string]]),
  ]);
}

/** Nobody decides any more, so that no time is left to anybody. */
function isOver(state: CardInput['state']): boolean {
  return state !== undefined && !['pending', 'approved', 'revoked'].includes(state);
}
