import type { Card } from '../../../approval/card/card.ts';
import type { CardField, CardSection } from '../../../approval/card/card-section.ts';
import { shorten } from '../../cards/shorten-card.ts';
import type { SlackBlock } from '../api/slack-api.ts';
import {
  bullets,
  code,
  fieldGrid,
  fitsText,
  type Inline,
  line,
  preformatted,
  type RichPart,
  richText,
  strong,
  words,
} from './blocks.ts';
import { limits, weigh } from './limits.ts';

/** A card as blocks. `whole` where nothing of it is missing. */
export interface CardBlocks {
  readonly blocks: readonly SlackBlock[];
  readonly whole: boolean;
}

/** Every section, in the card's order. */
export function wholeCard(card: Card): CardBlocks {
  const whole = card.sections.every((section) => textsIn(section).every(fitsText));
  return { blocks: whole ? gather(card.sections.flatMap(partsOf)) : [], whole };
}

/**
 * As much of the card as fits into `room`, each section shortened, for a message that says so and offers
 * no approval: whoever decides must read it elsewhere.
 */
export function shortCard(card: Card, room: number): CardBlocks {
  let blocks: readonly SlackBlock[] = [];
  const parts: Part[] = [];
  for (const section of card.sections.map(shorten)) {
    const next = gather([...parts, ...partsOf(section)]);
    if (weigh(next) > room) {
      break;
    }
    parts.push(...partsOf(section));
    blocks = next;
  }
  return { blocks, whole: false };
}

/** Cells where all values are short; bullets, where a long one could not pass for two; lines for text. */
type Part = RichPart | SlackBlock;

function partsOf(section: CardSection): readonly Part[] {
  const heading = line(strong(section.heading));
  switch (section.kind) {
    case 'block':
      return [heading, preformatted(section.text)];
    case 'list':
      return [heading, bullets(section.items.map((item) => [code(item)]))];
    case 'fields':
      return [heading, ...fieldParts(section.fields)];
  }
}

function fieldParts(fields: readonly CardField[]): readonly Part[] {
  return fields.length <= limits.fields && fields.every(isPlainFact)
    ? [fieldGrid(fields.map(({ label, value }) => `${label}\n${value}`))]
    : [bullets(fields.map(({ label, value }): Inline[] => [words(`${label} `), code(value)]))];
}

/** Short, and without blanks that plain text would not show. */
function isPlainFact({ label, value }: CardField): boolean {
  return label.length + value.length <= 80 && /^\S+( \S+)*$/.test(value);
}

/** Neighbouring parts of rich text share a block: a message holds fifty. */
function gather(parts: readonly Part[]): readonly SlackBlock[] {
  const blocks: SlackBlock[] = [];
  let open: RichPart[] = [];
  for (const part of parts) {
    if (isRich(part)) {
      open.push(part);
      continue;
    }
    blocks.push(...closed(open), part);
    open = [];
  }
  return [...blocks, ...closed(open)];
}

function closed(parts: readonly RichPart[]): readonly SlackBlock[] {
  return parts.length === 0 ? [] : [richText(parts)];
}

function isRich(part: Part): part is RichPart {
  return part.type.startsWith('rich_text_');
}

/** Labels may be data too: the names of variables and headers. */
function textsIn(section: CardSection): readonly string[] {
  switch (section.kind) {
    case 'block':
      return [section.text];
    case 'list':
      return section.items;
    case 'fields':
      return section.fields.map(({ label, value }) => `${label}\n${value}`);
  }
}
