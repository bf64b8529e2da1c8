import { parseDocument, visit } from 'yaml';
import { parseYaml, valueOf, type YamlEntry, type YamlNode } from '../../base/yaml.ts';

/** 1-based, inclusive. */
export type Lines = readonly [from: number, to: number];

/**
 * Which lines of a runbook say what each step does, by its id: its own, up to the next step or section,
 * and the runbook's `env`, which every step is given. With an alias anywhere it is the whole file, because
 * what a step says then stands somewhere else.
 */
export function stepLines(text: string, file: string): ReadonlyMap<string, readonly Lines[]> {
  const { root } = parseYaml(text, file, 'runbook_invalid');
  const sections = sectionsOf(root, text.split('\n').length);
  const whole: readonly Lines[] | null = hasAlias(text) ? [[1, text.split('\n').length]] : null;
  const env = sections.filter(({ key }) => key === 'env').map(({ lines }) => lines);
  return new Map(
    sections.flatMap((section) =>
      stepsOf(section).map(({ id, lines }) => [id, whole ?? [lines, ...env]] as const),
    ),
  );
}

interface Section {
  readonly key: string;
  readonly value: YamlNode;
  readonly lines: Lines;
}

function sectionsOf(root: YamlNode, last: number): readonly Section[] {
  const entries: readonly YamlEntry[] =
    root.kind === 'map' ? [...root.entries].sort((a, b) => a.at.line - b.at.line) : [];
  return entries.map(({ key, at, value }, index) => ({
    key,
    value,
    lines: upTo(at.line, entries[index + 1]?.at.line, last),
  }));
}

const lists = ['preconditions', 'steps', 'finally'];

function stepsOf({
  key,
  value,
  lines: [, last],
}: Section): readonly { readonly id: string; readonly lines: Lines }[] {
  const items = lists.includes(key) && value.kind === 'list' ? value.items : [];
  return items.flatMap((item, index) => {
    const id = valueOf(item, 'id');
    const lines = upTo(item.at.line, items[index + 1]?.at.line, last);
    return id?.kind === 'scalar' ? [{ id: String(id.value), lines }] : [];
  });
}

/** In flow style the next one may begin on the same line, which is then part of both. */
function upTo(from: number, next: number | undefined, last: number): Lines {
  return [from, Math.max(from, next === undefined ? last : next - 1)];
}

function hasAlias(text: string): boolean {
  let found = false;
  visit(parseDocument(text), {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}
