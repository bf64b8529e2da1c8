import type { JsonObject } from './json.ts';
import { closest } from './suggest.ts';
import type { YamlEntry, YamlNode } from './yaml.ts';
import {
  type Checked,
  type Invalid,
  invalid,
  mismatch,
  type Place,
  type Schema,
  suggestion,
} from './yaml-schema.ts';

type Fields = Readonly<Record<string, Schema<unknown>>>;
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: Checked<F[K]> };

/**
 * A map with exactly these keys. Unknown keys are errors with a suggestion; keys in `later` are known to
 * the language and refused as not built yet.
 */
export function object<F extends Fields>(
  fields: F,
  { later = [] }: { later?: readonly string[] } = {},
): Schema<ObjectOf<F>> {
  const names = Object.keys(fields);
  const expected = 'a map';
  return {
    expected,
    json: objectJson(fields),
    read(node, place) {
      if (node.kind !== 'map') {
        return mismatch(node, place, { expected });
      }
      for (const entry of node.entries.filter(({ key }) => !names.includes(key))) {
        refuseKey(entry, place, { names, later });
      }
      const read = names.map((key) => [key, readField(key, node, { fields, place })] as const);
      // The names are the fields' own, so the entries are the type's.
      return read.some(([, value]) => value === invalid)
        ? invalid
        : (Object.fromEntries(read) as ObjectOf<F>);
    },
  };
}

function objectJson(fields: Fields): JsonObject {
  const entries = Object.entries(fields);
  const required = entries.filter(([, it]) => it.absent === undefined).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, it]) => [name, it.json])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

function refuseKey(
  entry: YamlEntry,
  place: Place,
  known: { names: readonly string[]; later: readonly string[] },
): void {
  if (known.later.includes(entry.key)) {
    place.report(entry.at, `\`${entry.key}\` is not built yet`);
    return;
  }
  const near = closest(entry.key, known.names);
  const hint = suggestion(near) ?? `known here: ${known.names.join(', ')}`;
  place.report(entry.at, `unknown key \`${entry.key}\``, hint);
}

function readField(
  key: string,
  node: YamlNode & { kind: 'map' },
  { fields, place }: { fields: Fields; place: Place },
): unknown {
  const schema = fields[key];
  const entry = node.entries.find((it) => it.key === key);
  if (schema === undefined) {
    return invalid;
  }
  if (entry === undefined) {
    if (schema.absent === undefined) {
      place.report(node.at, `\`${key}\` is missing`, `it must be ${schema.expected}`);
    }
    return insteadOf(schema, node);
  }
  const value = schema.read(entry.value, { ...place, name: key });
  return value === invalid ? insteadOf(schema, entry.value) : value;
}

/** What stands in the place of a key that is left out or wrong. */
function insteadOf(schema: Schema<unknown>, node: YamlNode): unknown {
  if (schema.absent !== undefined) {
    return schema.absent.value;
  }
  return schema.standIn === undefined ? invalid : schema.standIn(node);
}

/** A list. Items that are wrong are reported and left out. */
export function list<T>(item: Schema<T>, { min = 0 } = {}): Schema<readonly T[]> {
  const expected = 'a list';
  return {
    expected,
    json: { type: 'array', items: item.json, ...(min > 0 ? { minItems: min } : {}) },
    read(node, place) {
      if (node.kind !== 'list') {
        return mismatch(node, place, { expected });
      }
      if (node.items.length < min) {
        place.report(node.at, `\`${place.name}\` must not be empty`);
      }
      return node.items
        .map((it, index) => item.read(it, { ...place, name: `${place.name}[${index}]` }))
        .filter((it): it is Exclude<typeof it, Invalid> => it !== invalid);
    },
  };
}

/** A map whose keys the writer chooses. Entries that are wrong are reported and left out. */
export function record<T>(
  value: Schema<T>,
  key?: { readonly pattern: RegExp; readonly example: string },
): Schema<Readonly<Record<string, T>>> {
  const expected = 'a map';
  const names = key === undefined ? {} : { propertyNames: { pattern: key.pattern.source } };
  return {
    expected,
    json: { type: 'object', additionalProperties: value.json, ...names },
    read(node, place) {
      if (node.kind !== 'map') {
        return mismatch(node, place, { expected });
      }
      const bad = node.entries.filter((it) => key?.pattern.test(it.key) === false);
      for (const entry of bad) {
        const hint = `it must look like \`${key?.example ?? ''}\``;
        place.report(entry.at, `\`${entry.key}\` cannot be a name in \`${place.name}\``, hint);
      }
      const entries = node.entries
        .filter((it) => !bad.includes(it))
        .map((it) => [it.key, value.read(it.value, { ...place, name: it.key })] as const);
      return Object.fromEntries(entries.filter((it): it is [string, T] => it[1] !== invalid));
    },
  };
}

/** One form for each kind of node, so that a message speaks of the form the writer meant. */
export function either<S = never, L = never, M = never>(
  forms: { scalar?: Schema<S>; list?: Schema<L>; map?: Schema<M> },
  expected: string,
): Schema<S | L | M> {
  const all: readonly Schema<S | L | M>[] = [forms.scalar, forms.list, forms.map].filter(
    (it) => it !== undefined,
  );
  return {
    expected,
    json: { anyOf: all.map((it) => it.json) },
    read(node, place) {
      const form: Schema<S | L | M> | undefined = forms[node.kind];
      return form === undefined ? mismatch(node, place, { expected }) : form.read(node, place);
    },
  };
}
