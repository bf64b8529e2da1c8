import type { Card } from '../../../approval/card/card.ts';
import type { CardSection } from '../../../approval/card/card-section.ts';
import type { JsonObject } from '../../../base/json.ts';
import { shorten } from '../../cards/shorten-card.ts';
import { code, line, preformatted, strong, words } from './adaptive.ts';
import { weigh } from './limits.ts';

/** Every section, in the card's order. */
export function wholeCard(card: Card): readonly JsonObject[] {
  return card.sections.flatMap(partsOf);
}

/** As much of the card as fits into `room` bytes, each section shortened. */
export function shortCard(card: Card, room: number): readonly JsonObject[] {
  const parts: JsonObject[] = [];
  for (const section of card.sections.map(shorten)) {
    const next = [...parts, ...partsOf(section)];
    if (weigh(next) > room) {
      break;
    }
    parts.splice(0, parts.length, ...next);
  }
  return parts;
}

function partsOf(section: CardSection): readonly JsonObject[] {
  const heading = line(strong(section.heading));
  switch (section.kind) {
    case 'block':
      return [heading, preformatted(section.text)];
    case 'list':
      return [heading, ...section.items.map((item) => line([...words('• '), ...code(item)], true))];
    case 'fields':
      return [
        heading,
        ...section.fields.map(({ label, value }) =>
          line([...words(`${label}: `), ...code(value)], true),
        ),
      ];
  }
}
