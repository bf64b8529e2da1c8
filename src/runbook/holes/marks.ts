import type { Mark } from '../../base/expression-value.ts';
import type { Json } from '../../base/json.ts';
import { encode } from '../url.ts';

/**
 * How a value that is not known yet stands in a command: its name between characters of Unicode's private
 * use. The opening one says how the value is written there: as it is, inside a JSON string, or as JSON of
 * its own type. In a URL the mark is percent-encoded, as the value will be.
 */
export type MarkForm = 'text' | 'inside' | 'json';

const opening: Readonly<Record<MarkForm, string>> = {
  text: '\uE000',
  inside: '\uE002',
  json: '\uE003',
};
const closing = '\uE001';

const inText = /([\uE000\uE002\uE003])([a-z0-9_.]+)\uE001/g;
const inUrl = /%EE%80%80([a-z0-9_.]+)%EE%80%81/g;

/** The mark as a command holds it. A blank one is an ordinary value in each place. */
export function markText({ name, blank }: Mark, form: MarkForm): string {
  return blank ? 'x' : `${opening[form]}${name}${closing}`;
}

/** True where a text could hold a mark, or a part of one: nothing but marks may. */
export function mayHoldMark(text: string): boolean {
  return /[\uE000-\uE003]|%ee%80%8[0-3]/i.test(text);
}

/** The text with its marks filled as `write` says; null leaves a mark as it is. One pass: no value is read again. */
export function fillMarks(
  text: string,
  write: (name: string, form: MarkForm | 'url') => string | null,
): string {
  return text
    .replace(inUrl, (mark, name: string) => write(name, 'url') ?? mark)
    .replace(inText, (mark, open: string, name: string) => write(name, formOf(open)) ?? mark);
}

function formOf(open: string): MarkForm {
  if (open === opening.json) {
    return 'json';
  }
  return open === opening.inside ? 'inside' : 'text';
}

/** A value as rendering would write it in that place. */
export function writeValue(value: Json, form: MarkForm | 'url'): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  switch (form) {
    case 'text':
      return text;
    case 'url':
      return encode(text);
    case 'inside':
      return JSON.stringify(text).slice(1, -1);
    case 'json':
      return JSON.stringify(value);
  }
}
