import { type Card, layoutCard } from '../../approval/card/card.ts';
import type { CardSection } from '../../approval/card/card-section.ts';
import type { RequestState } from '../../approval/request-state.ts';
import type { StandingRequest } from '../channel.ts';
import type { Buttons, Look } from './board.ts';
import { takesDecisions } from './state-at.ts';

/** The card as every chat lays it out, but without the time that is left: a message does not tick. */
export function stillCard(standing: StandingRequest): Card {
  const { created, pending_until } = standing.content.limits;
  const card = layoutCard({ ...standing, nowMs: Date.parse(created) });
  return { ...card, sections: card.sections.map((section) => stopClock(section, pending_until)) };
}

function stopClock(section: CardSection, until: string): CardSection {
  return section.kind === 'fields' && section.heading === 'Limits'
    ? {
        ...section,
        fields: section.fields.map((field) =>
          field.label === 'decide by' ? { ...field, value: until } : field,
        ),
      }
    : section;
}

/** Whether its card may have buttons at all: it is open, a click reaches us, and can count. */
export function isClickable(
  standing: StandingRequest,
  { state, look }: { readonly state: RequestState; readonly look: Look },
): boolean {
  return takesDecisions(state) && look.receives && allows(standing, look.buttons);
}

/** Only where configuration wants buttons, and where a receiver's word can stand for somebody missing. */
function allows({ content, missing }: StandingRequest, buttons: Buttons): boolean {
  const wanted =
    buttons === 'everywhere' || (buttons === 'unprotected' && !content.target.protected);
  const attestable = content.policy.slots.filter(
    ({ assurance, presence }) => !presence && (assurance === 'A0' || assurance === 'A1'),
  );
  return wanted && attestable.some(({ id }) => missing.some(({ slot }) => slot === id));
}
