import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

interface Rule {
  /** Areas, or single files of one: a contract such as `store/store.ts`. */
  readonly may: readonly string[];
  readonly waits: boolean;
}

const rules = readTable();
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll(sep, '/'));

describe('the table in src/README.md', () => {
  test('names every area of src and no other', () => {
    expect([...rules.keys()].sort()).toEqual([...new Set(files.map(areaOf))].sort());
  });

  test('allows only areas it names and files that exist', () => {
    const allowed = [...rules.values()].flatMap(({ may }) => may);
    const known = new Set([...rules.keys(), ...files, '../package.json']);
    expect(allowed.filter((entry) => !known.has(entry))).toEqual([]);
  });

  test('allows nothing that no file uses', () => {
    const used = files.flatMap((from) => importsOf(from).map((to) => ({ from: areaOf(from), to })));
    const unused = [...rules].flatMap(([area, { may }]) =>
      may
        .filter((entry) => !used.some(({ from, to }) => from === area && isEntry(entry, to)))
        .map((entry) => `${area} -> ${entry}`),
    );
    expect(unused).toEqual([]);
  });

  test('has no cycle', () => {
    const visit = (area: string, path: readonly string[]): void => {
      expect(path, [...path, area].join(' -> ')).not.toContain(area);
      for (const entry of rules.get(area)?.may ?? []) {
        if (rules.has(areaOf(entry))) {
          visit(areaOf(entry), [...path, area]);
        }
      }
    };
    for (const area of rules.keys()) {
      visit(area, []);
    }
  });
});

test('imports point only where the table allows', () => {
  const broken = files.flatMap((from) =>
    importsOf(from)
      .filter((to) => !mayImport(from, to))
      .map((to) => `${from} -> ${to}`),
  );
  expect(broken).toEqual([]);
});

test('areas that only decide never wait', () => {
  const waiting = files.filter(
    (file) =>
      rules.get(areaOf(file))?.waits === false && /\b(async|await|Promise)\b/.test(codeOf(file)),
  );
  expect(waiting).toEqual([]);
});

/** Rows of the form "| `area` | what it holds | area, area/file.ts | yes |". */
function readTable(): ReadonlyMap<string, Rule> {
  const rows = read('README.md').matchAll(/^\| `([\w.-]+)` \|[^|]*\| ([^|]*) \| (yes|no) \|$/gm);
  return new Map(
    [...rows].map(([, area = '', may = '', waits]) => [
      area,
      { may: may === '—' ? [] : may.split(', '), waits: waits === 'yes' },
    ]),
  );
}

function mayImport(from: string, to: string): boolean {
  const area = areaOf(from);
  return areaOf(to) === area || (rules.get(area)?.may ?? []).some((entry) => isEntry(entry, to));
}

function isEntry(entry: string, to: string): boolean {
  return entry === to || entry === areaOf(to);
}

function areaOf(file: string): string {
  return file.startsWith('../') ? file : (file.split('/')[0] ?? file);
}

/** Static, for types alone, for effects, and dynamic; as paths from src. */
function importsOf(file: string): readonly string[] {
  const specifiers = read(file).matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+)'/g);
  return [...specifiers].map(([, to = '']) =>
    relative(src, resolve(src, dirname(file), to)).replaceAll(sep, '/'),
  );
}

/** Without comments and quoted strings. Template literals stay: what they hold may be code. */
function codeOf(file: string): string {
  return read(file).replace(/\/\*[^]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, '');
}

function read(file: string): string {
  return readFileSync(join(src, file), 'utf8');
}
