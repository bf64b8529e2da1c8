import { UsageError } from '../base/errors.ts';
import { evaluateExpression } from '../base/expression.ts';
import { ExpressionError, Mark, type Scope, Secret } from '../base/expression-value.ts';
import type { Json } from '../base/json.ts';
import type { SecretRef, Text } from './command.ts';
import { markText } from './holes/marks.ts';
import { parseTemplate, type Template, wholeHole } from './template.ts';

/** Where a text stands, for messages: ``step `restart`, env `TOKEN` ``. */
export type Place = string;

/** What a template is filled from. */
export interface Filling {
  readonly scope: Scope;
  readonly place: Place;
}

/** The text with its values in place, secrets as references. Throws UsageError `value_invalid`. */
export function fillText(source: string, filling: Filling): Text {
  return joinText(
    fillPieces(source, filling).map((piece) =>
      piece instanceof Mark ? markText(piece, 'text') : piece,
    ),
  );
}

/** As `fillText`, but null where the text is nothing but a value that is null: the entry stays unset. */
export function fillOptional(source: string, filling: Filling): Text | null {
  const whole = wholeHole(templateOf(source, filling.place));
  const absent = whole !== null && evaluate(whole.expression, filling) === null;
  return absent ? null : fillText(source, filling);
}

/** The text of a place that others can list (arguments, URLs): a secret there is an error. */
export function fillPlain(source: string, filling: Filling): string {
  return fillText(source, filling)
    .map((piece) => plain(piece, filling))
    .join('');
}

/** The values of a template's holes, in order, as text without secrets. */
export function holeValues(template: Template, filling: Filling): readonly string[] {
  return template
    .filter((piece) => typeof piece === 'object')
    .map((hole) => plain(asPiece(evaluate(hole.expression, filling), filling.place), filling));
}

/**
 * A JSON body: a text that is nothing but one value keeps the value's type. Its text is JSON, with a
 * secret as a reference that is escaped when it is filled in.
 */
export function fillJson(value: Json, filling: Filling): Text {
  if (typeof value === 'string') {
    const whole = wholeHole(templateOf(value, filling.place));
    return whole === null
      ? jsonText(fillPieces(value, filling))
      : jsonValue(evaluate(whole.expression, filling));
  }
  if (typeof value !== 'object' || value === null) {
    return [JSON.stringify(value)];
  }
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((it: Json) => fillJson(it, filling))
    : Object.entries(value).map(
        ([key, it]): Text => [`${JSON.stringify(key)}:`, ...fillJson(it, filling)],
      );
  const inner = parts.flatMap((part, index) => (index === 0 ? part : [',', ...part]));
  return joinText([isList ? '[' : '{', ...inner, isList ? ']' : '}']);
}

/** The template's parts. A plan holds only texts that were checked, so a flaw here is our bug or a forgery. */
export function templateOf(source: string, place: Place): Template {
  const template = parseTemplate(source);
  if ('message' in template) {
    throw invalidValue(place, template.message);
  }
  return template;
}

export function invalidValue(place: Place, message: string, hint?: string): UsageError {
  return new UsageError({ code: 'value_invalid', message: `${place}: ${message}`, hint });
}

/** Part of a text: as it stands, a secret's reference, or a value that nobody knows yet. */
type Piece = string | SecretRef | Mark;

function fillPieces(source: string, filling: Filling): readonly Piece[] {
  return templateOf(source, filling.place).map((piece) =>
    typeof piece === 'string' ? piece : asPiece(evaluate(piece.expression, filling), filling.place),
  );
}

function evaluate(expression: string, { scope, place }: Filling): Json | Secret | Mark {
  try {
    return evaluateExpression(expression, scope);
  } catch (error) {
    if (error instanceof ExpressionError) {
      throw invalidValue(place, `\`${expression}\`: ${error.message}`, error.hint);
    }
    throw error;
  }
}

function asPiece(value: Json | Secret | Mark, place: Place): Piece {
  if (value instanceof Mark) {
    return value;
  }
  if (value instanceof Secret) {
    return { secret: value.name, commitment: value.commitment };
  }
  if (value === null) {
    throw invalidValue(
      place,
      'a value that is absent cannot be part of a text',
      'give it, or use `if`',
    );
  }
  if (typeof value === 'object') {
    throw invalidValue(place, 'a list or a map cannot be part of a text', 'name the part you mean');
  }
  const text = String(value);
  if (/\0|\p{Surrogate}/u.test(text)) {
    throw invalidValue(place, 'a value holds a character that no program can be given');
  }
  return text;
}

function jsonValue(value: Json | Secret | Mark): Text {
  if (value instanceof Mark) {
    return [markText(value, 'json')];
  }
  return value instanceof Secret
    ? jsonText([{ secret: value.name, commitment: value.commitment }])
    : [JSON.stringify(value)];
}

/** A JSON string literal of a text. */
function jsonText(text: readonly Piece[]): Text {
  const inner = text.map((piece) => {
    if (piece instanceof Mark) {
      return markText(piece, 'inside');
    }
    return typeof piece === 'string'
      ? JSON.stringify(piece).slice(1, -1)
      : { ...piece, as: 'json' as const };
  });
  return joinText(['"', ...inner, '"']);
}

/** Neighbouring literals become one, so that equal texts have equal bytes. */
export function joinText(pieces: Text): Text {
  const joined: (string | SecretRef)[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') {
      joined[joined.length - 1] = last + piece;
    } else if (piece !== '') {
      joined.push(piece);
    }
  }
  return joined;
}

function plain(piece: Piece, { place }: Filling): string {
  if (piece instanceof Mark) {
    return markText(piece, 'text');
  }
  if (typeof piece === 'string') {
    return piece;
  }
  throw invalidValue(
    place,
    `the secret \`${piece.secret}\` must not stand here`,
    'pass it through `env`',
  );
}
