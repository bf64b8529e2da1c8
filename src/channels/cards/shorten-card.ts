import type { CardField, CardSection } from '../../approval/card/card-section.ts';
import { beginning } from './beginning.ts';

const shownItems = 6;

/** The beginning of a section, for a card that says so and offers no approval. */
export function shorten(section: CardSection): CardSection {
  const heading = beginning(section.heading, 80);
  switch (section.kind) {
    case 'block':
      return { ...section, heading, text: beginning(section.text, 800) };
    case 'list':
      return { ...section, heading, items: few(section.items.map((item) => beginning(item, 120))) };
    case 'fields':
      return { ...section, heading, fields: fewFields(section.fields) };
  }
}

function few(items: readonly string[]): readonly string[] {
  const left = items.length - shownItems;
  return left > 0 ? [...items.slice(0, shownItems), `… and ${left} more`] : items;
}

function fewFields(fields: readonly CardField[]): readonly CardField[] {
  const left = fields.length - shownItems;
  const shown = fields
    .slice(0, shownItems)
    .map(({ label, value }) => ({ label: beginning(label, 40), value: beginning(value, 120) }));
  return left > 0 ? [...shown, { label: '…', value: `and ${left} more` }] : shown;
}
