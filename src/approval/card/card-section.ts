import { sanitizeBlock, sanitizeLine } from '../../base/sanitize.ts';

/** Lines are free of controls and newlines; a block's text may hold newlines and tabs. */
export type CardSection =
  | { readonly kind: 'fields'; readonly heading: string; readonly fields: readonly CardField[] }
  | { readonly kind: 'block'; readonly heading: string; readonly text: string }
  | { readonly kind: 'list'; readonly heading: string; readonly items: readonly string[] };

export interface CardField {
  readonly label: string;
  readonly value: string;
}

/** A section of labelled lines; null where there is none. */
export function fields(
  heading: string,
  pairs: readonly (readonly [label: string, value: string])[],
): CardSection | null {
  const all = pairs.map(([label, value]) => ({ label, value }));
  return all.length === 0 ? null : { kind: 'fields', heading, fields: all };
}

/** A section of lines; null where there is none. */
export function list(heading: string, items: readonly string[]): CardSection | null {
  return items.length === 0 ? null : { kind: 'list', heading, items };
}

/** A section that keeps its lines; null where there is no text. */
export function block(heading: string, text: string): CardSection | null {
  return text === '' ? null : { kind: 'block', heading, text };
}

/** The section with everything unseen made visible. */
export function cleanSection(section: CardSection): CardSection {
  const heading = sanitizeLine(section.heading);
  switch (section.kind) {
    case 'fields':
      return {
        ...section,
        heading,
        fields: section.fields.map(({ label, value }) => ({
          label: sanitizeLine(label),
          value: sanitizeLine(value),
        })),
      };
    case 'block':
      return { ...section, heading, text: sanitizeBlock(section.text) };
    case 'list':
      return { ...section, heading, items: section.items.map(sanitizeLine) };
  }
}

/** The data of a section, without headings and labels. */
export function textsOf(section: CardSection): readonly string[] {
  switch (section.kind) {
    case 'fields':
      return section.fields.map(({ value }) => value);
    case 'block':
      return [section.text];
    case 'list':
      return section.items;
  }
}
