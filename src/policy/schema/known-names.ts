import { closest } from '../../base/suggest.ts';
import { valueOf, type YamlNode } from '../../base/yaml.ts';
import { text } from '../../base/yaml-scalars.ts';
import { invalid, refine, type Schema, suggestion } from '../../base/yaml-schema.ts';

/** What one part of a policy file defines and another names: read first, so that a slip is found where it stands. */
export interface KnownNames {
  readonly lists: readonly string[];
  readonly calendars: readonly string[];
  /** Names of the rules that deny. */
  readonly denials: readonly string[];
}

/** The names that a file defines, whatever else is wrong with it. */
export function namesIn(root: YamlNode): KnownNames {
  return {
    lists: keysOf(valueOf(root, 'lists')),
    calendars: keysOf(valueOf(root, 'calendars')),
    denials: itemsOf(valueOf(root, 'rules'))
      .filter((rule) => valueOf(rule, 'deny') !== null)
      .flatMap((rule) => textOf(valueOf(rule, 'name')) ?? []),
  };
}

/** The name of something that the same file defines elsewhere. */
export function nameOf(what: string, known: readonly string[]): Schema<string> {
  return refine(text(), (name, node, place) => {
    if (known.includes(name)) {
      return name;
    }
    place.report(node.at, `there is no ${what} \`${name}\``, hintFor(name, known));
    return invalid;
  });
}

/** What somebody may have meant who wrote `name`. */
export function hintFor(name: string, known: readonly string[]): string {
  const all = known.length === 0 ? 'none is defined here' : `defined here: ${known.join(', ')}`;
  return suggestion(closest(name, known)) ?? all;
}

/** Patterns of the names that a policy file gives. */
export const ownName = { pattern: /^[a-z][a-z0-9_-]*$/, example: 'office_hours' };
export const line = { pattern: /^[^\p{C}]{1,200}$/u, example: 'production needs two' };

function keysOf(node: YamlNode | null): readonly string[] {
  return node?.kind === 'map' ? node.entries.map(({ key }) => key) : [];
}

function itemsOf(node: YamlNode | null): readonly YamlNode[] {
  return node?.kind === 'list' ? node.items : [];
}

function textOf(node: YamlNode | null): string | null {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : null;
}
