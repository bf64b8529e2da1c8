import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parsePeople } from '../src/approval/people/people-schema.ts';
import { helpTopics } from '../src/cli/help-topics.ts';
import { helloRunbook } from '../src/cli/templates.ts';
import { parseProject } from '../src/config/project-schema.ts';
import { parseCases } from '../src/engine/policy/case-file.ts';
import { parseConfig } from '../src/policy/config.ts';
import { parsePolicy } from '../src/policy/schema/schema.ts';
import { parseRunbook } from '../src/runbook/parse/parse.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  'src/README.md',
  'src/journal/README.md',
];

/** By the word behind `yaml`; a block without one that begins with `name:` is a runbook. */
const parsers: Readonly<Record<string, (text: string, file: string) => unknown>> = {
  runbook: parseRunbook,
  people: parsePeople,
  policy: parsePolicy,
  config: parseConfig,
  cases: parseCases,
  project: parseProject,
};

describe.each(pages)('%s', (page) => {
  const text = read(page);

  test('every file it shows is one that we read', () => {
    for (const { kind, body, line } of yamlBlocks(text)) {
      expect(() => parsers[kind]?.(body, `${page}, block of line ${line}`)).not.toThrow();
    }
  });

  test('every link inside the project leads somewhere', () => {
    const broken = linksIn(text).filter((link) => !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });
});

test('the first runbook of the README is the one that `init` writes', () => {
  expect(yamlBlocks(read('README.md')).map(({ body }) => body)).toContain(helloRunbook);
});

test('the newest version in CHANGELOG.md is the one in package.json', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(/^## (\S+)/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version);
});

describe('docs/exit-codes.md', () => {
  const page = read('docs/exit-codes.md');

  test('lists the exit codes that `runbook help exit-codes` lists', () => {
    const listed = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    const helped = [...(helpTopics['exit-codes'] ?? '').matchAll(/ (\d+) {2}[a-z]/g)];
    expect(listed).toEqual(helped.map(([, code]) => Number(code)));
  });

  test('lists every error code, and none that is gone', () => {
    const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
    expect(listed).toEqual([...new Set(listed)]);
    expect(errorCodes().filter((code) => !listed.includes(code))).toEqual([]);
    const text = source();
    expect(listed.filter((code) => !isMadeIn(text, code ?? ''))).toEqual([]);
  });
});

test('docs/journal.md lists every finding of `audit verify`', () => {
  const codes = [...read('src/audit/finding.ts').matchAll(/\| '(E_\w+)'/g)].map(([, code]) => code);
  const listed = [...read('docs/journal.md').matchAll(/^\| `(E_\w+)` \|/gm)].map(
    ([, code]) => code,
  );
  expect(listed).toEqual(codes);
});

interface Block {
  readonly kind: string;
  readonly body: string;
  readonly line: number;
}

function yamlBlocks(text: string): readonly Block[] {
  return [...text.matchAll(/^```yaml(?: (\w+))?\n([^]*?)^```$/gm)].map(
    ({ 1: word, 2: body = '', index }) => ({
      kind: word ?? (body.startsWith('name:') ? 'runbook' : 'other'),
      body,
      line: text.slice(0, index).split('\n').length,
    }),
  );
}

function linksIn(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** A file that is there; behind `#`, a heading in it as GitHub makes anchors of them. */
function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  return (
    existsSync(resolve(root, file)) && (anchor === undefined || anchorsOf(file).includes(anchor))
  );
}

function anchorsOf(file: string): readonly string[] {
  const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Of all errors that a person may be shown: not our own bugs, nor conflicts, nor an audit's findings. */
function errorCodes(): readonly string[] {
  const shown = source('audit/').replace(/new (?:Internal|Conflict)Error\(\{\s*code: '\w+'/g, '');
  const named = shown.matchAll(
    /(?<![\w.])code: '([a-z_]+|E_[A-Z_]+)'|\b(?:refused|journalError|secretError)\(\s*'(\w+)'/g,
  );
  return [...new Set([...named].map(([, one, other]) => one ?? other ?? ''))];
}

/** Written out, or put together of a word and its end, as in `${what}_unknown`. */
function isMadeIn(text: string, code: string): boolean {
  return text.includes(`'${code}'`) || text.includes(`}${code.slice(code.indexOf('_'))}\``);
}

function source(but = ' '): string {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith(but))
    .map((name) => read(join('src', name)))
    .join('\n');
}

function read(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}
