import type { Answer, Front, StandingRequest } from '../channel.ts';
import { actionIds } from './actions.ts';
import type { Inbox } from './inbox.ts';
import { messageOf, type RequestMessage } from './message.ts';
import { stateAt, takesDecisions } from './message-state.ts';

/**
 * Why this decision cannot have come from a card of ours; null where it can. A button counts only where
 * the card as we would show it now has that button: a value sent without one was made up, or comes from
 * a card that shows less than what would run. Of requests that take no decision any more the journal
 * says what became of them.
 */
export function refuseCard(
  { buttons }: Inbox['settings'],
  { clock, url, receives }: Front,
  wish: { readonly request: StandingRequest; readonly decision: 'approve' | 'reject' },
): Answer | null {
  const { request, decision } = wish;
  const { wallMs: nowMs } = clock.now();
  if (!takesDecisions(stateAt(request, nowMs))) {
    return null;
  }
  const look = { nowMs, url, receives, buttons, replacedBy: null, short: false };
  const message = messageOf(request, look);
  if (offers(message, actionIds[decision])) {
    return null;
  }
  const hint = `decide in your own session: \`runbook ${decision} ${request.content.id}\``;
  return decision === 'approve' && !message.fits
    ? {
        accepted: false,
        code: 'card_incomplete',
        message:
          'the whole command does not fit into a Slack message, so it cannot be approved here',
        hint,
      }
    : {
        accepted: false,
        code: 'not_offered',
        message: `request \`${request.words}\` cannot be decided with a button`,
        hint,
      };
}

function offers({ blocks }: RequestMessage, action: string): boolean {
  return blocks.some(
    ({ type, elements }) =>
      type === 'actions' &&
      Array.isArray(elements) &&
      elements.some((element: unknown) => isButton(element) && element.action_id === action),
  );
}

function isButton(element: unknown): element is { readonly action_id: unknown } {
  return typeof element === 'object' && element !== null && 'action_id' in element;
}
