import { sanitizeLine } from '../../base/sanitize.ts';
import { breakLine, textWidth, wrapText } from '../../base/wrap.ts';
import type { RequestContent } from '../request.ts';
import type { Card } from './card.ts';
import type { CardField, CardSection } from './card-section.ts';

/** The window a card is drawn for. */
export interface CardLook {
  readonly columns: number;
  readonly colour: boolean;
}

/**
 * A card as text, whole: long lines go over several, nothing is cut. Everything stands right of a bar and
 * a script's lines are numbered, so that no text in it can pose as the end of the card or as another
 * line of the command. Ends in a newline.
 */
export function renderCard(card: Card, look: CardLook): string {
  const width = Math.max(16, Math.min(look.columns, 100) - 3);
  const pen: Pen = { width, style: look.colour ? paint : plain };
  const lines = [
    ...wrapText(card.title, width, cut).map((line) => pen.style('strong', line)),
    ...card.sections.flatMap((section) => ['', ...renderSection(section, pen)]),
  ];
  const bar = pen.style('frame', '│');
  return [
    `${pen.style('frame', '╭─')} ${pen.style('frame', card.about)} ${pen.style('strong', card.words)}`,
    bar,
    ...lines.map((line) => (line === '' ? bar : `${bar}  ${line}`)),
    bar,
    pen.style('frame', '╰─'),
    '',
  ].join('\n');
}

/** Where a word goes on in the next line; a break without it stands for a space. */
const cut = '↩';

interface Pen {
  readonly width: number;
  readonly style: (style: StyleName, text: string) => string;
}

type StyleName = 'strong' | 'heading' | 'label' | 'frame';

const codes = { strong: [1, 22], heading: [36, 39], label: [2, 22], frame: [33, 39] } as const;

const plain: Pen['style'] = (_, text) => text;

const paint: Pen['style'] = (style, text) => {
  const [on, off] = codes[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

function renderSection(section: CardSection, pen: Pen): readonly string[] {
  const heading = wrapText(section.heading, pen.width).map((line) => pen.style('heading', line));
  switch (section.kind) {
    case 'fields':
      return [...heading, ...renderFields(section.fields, pen)];
    case 'list':
      return [...heading, ...section.items.flatMap((item) => renderItem(item, pen))];
    case 'block':
      return [...heading, ...renderBlock(section.text, pen)];
  }
}

/** Values beside their labels; below them where the window is narrow. */
function renderFields(fields: readonly CardField[], pen: Pen): readonly string[] {
  const label = Math.min(18, Math.max(...fields.map((field) => textWidth(field.label))));
  const room = pen.width - label - 4;
  return fields.flatMap((field) => {
    const name = pen.style('label', field.label);
    if (room < 24 || textWidth(field.label) > label) {
      return [
        `  ${name}`,
        ...wrapText(field.value, pen.width - 4, cut).map((line) => `    ${line}`),
      ];
    }
    const [first = '', ...more] = wrapText(field.value, room, cut);
    const gap = ' '.repeat(label - textWidth(field.label));
    return [`  ${name}${gap}  ${first}`, ...more.map((line) => `${' '.repeat(label + 4)}${line}`)];
  });
}

function renderItem(item: string, pen: Pen): readonly string[] {
  const [first = '', ...more] = wrapText(item, pen.width - 4, cut);
  return [`  ${pen.style('label', '·')} ${first}`, ...more.map((line) => `    ${line}`)];
}

/** A number stands before each line of the text; none where one goes on. */
function renderBlock(text: string, pen: Pen): readonly string[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const digits = String(lines.length).length;
  return lines.flatMap((line, at) =>
    breakLine(line.replaceAll('\t', '⇥   '), pen.width - digits - 3).map((piece, part, pieces) => {
      const number = part === 0 ? String(at + 1) : '';
      const shown = showEdges(piece, { first: part === 0, last: part === pieces.length - 1 });
      return `  ${pen.style('label', number.padStart(digits))} ${shown}`;
    }),
  );
}

/** `rm -rf /` and `tmp`, or `rm -rf / tmp`? A space at a break is drawn. */
function showEdges(piece: string, { first, last }: { first: boolean; last: boolean }): string {
  const head = first ? piece : piece.replace(/^ /, '␣');
  return last ? head : head.replace(/ $/, '␣');
}

/** A request that waits, and where it is read whole. */
export interface Asked {
  readonly content: Pick<RequestContent, 'break_glass'>;
  readonly words: string;
  readonly url?: string;
}

/**
 * What stands below the card of a request that waits: who is to decide, on the page where there is one, or by
 * the line they paste. Under break-glass whoever acts signs here. Ends in a newline.
 */
export function approveWays(
  { content, words, url }: Asked,
  { columns, line = approveLine(words) }: { readonly columns: number; readonly line?: string },
): string {
  const below = (lead: string, what: string): string =>
    `${wrapText(lead, columns).join('\n')}\n\n  ${what}\n`;
  if (content.break_glass !== null) {
    return below('Whoever acts signs it with their own key, and the run goes on:', line);
  }
  return url === undefined
    ? below('Somebody else approves in a session of their own:', line)
    : [
        below('Somebody else reviews and decides on the page:', sanitizeLine(url)),
        below('or approves in a session of their own:', line),
      ].join('\n');
}

/** The line a colleague pastes into their own session. Words and ids hold nothing a shell would read. */
export function approveLine(words: string): string {
  return `runbook approve ${words} --key ~/.ssh/id_ed25519`;
}
