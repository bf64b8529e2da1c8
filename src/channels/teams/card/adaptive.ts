import type { JsonObject } from '../../../base/json.ts';
import type { Piece } from '../../cards/piece.ts';

/**
 * Adaptive Cards 1.5 (adaptivecards.io) as far as our cards need it. Data goes into the runs of rich text,
 * where no Markdown is read; never into a TextBlock or a FactSet, which read some. So it can make no link,
 * no mention and no list.
 */

/** A piece of a line. */
export interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Large';
  readonly fontType?: 'Monospace';
  readonly isSubtle?: true;
}

type Look = Omit<TextRun, 'type' | 'text'>;

export function words(text: string): readonly TextRun[] {
  return runs(text, {});
}

export function strong(text: string, size?: 'Large'): readonly TextRun[] {
  return runs(text, { weight: 'Bolder', ...(size === undefined ? {} : { size }) });
}

export function small(text: string): readonly TextRun[] {
  return runs(text, { isSubtle: true });
}

/** Data within a line: set apart, so that it cannot pass for our own words. */
export function code(text: string): readonly TextRun[] {
  return text === '' ? words('(empty)') : runs(keepBlanks(text), { fontType: 'Monospace' });
}

/**
 * Dates may be written `{{DATE(…)}}` in any text and are then shown in another form, and templates are
 * `${…}`: no run has both characters of either, so that what is shown is what is there.
 */
function runs(text: string, look: Look): readonly TextRun[] {
  return text
    .split(/(?<=[{$])(?=\{)/)
    .map((part): TextRun => ({ type: 'TextRun', text: part, ...look }));
}

/** HTML shows blanks in a row as one: those are made ones that do not break, which data itself never has. */
function keepBlanks(text: string): string {
  return text.replaceAll('\t', '\u{a0}\u{a0}\u{a0}\u{a0}').replaceAll(/^ | (?= )| $/g, '\u{a0}');
}

/** A line of its own; `tight` without the space above it. */
export function line(content: readonly TextRun[], tight = false): JsonObject {
  return {
    type: 'RichTextBlock',
    inlines: content.map((run) => ({ ...run })),
    ...(tight ? { spacing: 'None' } : {}),
  };
}

/** Lines as they are. Each is an element of its own: a client that ran two together would show another script. */
export function preformatted(text: string): JsonObject {
  return {
    type: 'Container',
    style: 'emphasis',
    items: text.split('\n').map((one) => line(one === '' ? words('\u{a0}') : code(one), true)),
  };
}

/** A line of pieces, without calling anybody. */
export function piecesOf(pieces: readonly Piece[]): readonly TextRun[] {
  return pieces.flatMap((piece) => {
    switch (piece.kind) {
      case 'words':
        return words(piece.text);
      case 'data':
        return code(piece.text);
      case 'moment':
        return words(sayMoment(piece.time));
      case 'person':
      case 'mention':
        return code(piece.name);
    }
  });
}

/** `2026-03-02 01:10:00 UTC`. */
function sayMoment(time: string): string {
  return `${time.replace('T', ' ').replace(/\.\d+|Z/g, '')} UTC`;
}

/** A card of these parts; `summary` is for clients that show none. */
export function adaptiveCard(of: {
  readonly summary: string;
  readonly body: readonly JsonObject[];
  readonly actions?: readonly JsonObject[];
  readonly entities?: readonly JsonObject[];
}): JsonObject {
  const { summary, body, actions = [], entities = [] } = of;
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    fallbackText: summary,
    msteams: { width: 'Full', ...(entities.length === 0 ? {} : { entities }) },
    body,
    ...(actions.length === 0 ? {} : { actions }),
  };
}
