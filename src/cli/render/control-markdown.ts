import { sanitizeLine } from '../../base/sanitize.ts';
import type { Service } from '../../engine/service.ts';
import { listIndexes, periodOf, upper, verdictWord } from './control-words.ts';

export type ControlReport = Awaited<ReturnType<Service['reportControls']>>;
type Matter = ControlReport['matters'][number];

/** The report as Markdown, fit to be read as it is. The same report gives the same bytes. */
export function renderControlMarkdown(report: ControlReport): string {
  return `${[
    `# ${report.name}: what the journal shows`,
    describe(report),
    '## Verdicts',
    'What the evidence below is worth: each verdict with what it rests on.',
    table(
      ['verdict', '', 'rests on'],
      report.verdicts.map(({ name, ok, anchor }) => [name, verdictWord(ok), anchor]),
    ),
    '## Controls',
    'What a control asks of the journal stands under the headings in the last column.',
    table(
      ['control', '', 'population', 'evidence', 'exceptions', 'see'],
      report.controls.map((control) => [
        control.baselines === null || control.baselines === ''
          ? control.id
          : `${control.id} [${control.baselines}]`,
        control.name,
        String(control.population),
        String(control.evidence),
        String(control.exceptions),
        control.matters.map((matter) => `[${matter}](#${matter})`).join(', '),
      ]),
    ),
    ...report.matters.filter(({ matter }) => isAsked(report, matter)).map(renderMatter),
  ].join('\n\n')}\n`;
}

/** Matters that none of the framework's controls asks for are left out. */
export function isAsked({ controls }: ControlReport, matter: Matter['matter']): boolean {
  return controls.some(({ matters }) => matters.includes(matter));
}

function describe(report: ControlReport): string {
  const { entries, size } = report;
  return [
    `* Journal: ${code(report.origin)}, ${size} entries`,
    `* Period: ${periodOf(report)}`,
    `* Entries of the period: ${entries.count}${entries.first === null ? '' : `, from ${entries.first} to ${entries.last ?? ''}`}`,
    '* Numbers in brackets are entries: `runbook audit show NUMBER` prints one with its proof.',
  ].join('\n');
}

function renderMatter(matter: Matter): string {
  const { population, evidence, exceptions } = matter;
  return [
    `## ${matter.matter}`,
    `${upper(matter.name)}.`,
    `**Population**: ${population.what}: ${population.count}`,
    '**Evidence**',
    evidence
      .map(({ what, count, indexes }) => `* ${text(what)}: ${count}${listIndexes(indexes)}`)
      .join('\n'),
    `**Exceptions**: ${exceptions.length === 0 ? 'none' : String(exceptions.length)}`,
    ...(exceptions.length === 0
      ? []
      : [
          table(
            ['entry', 'time', 'run', 'what'],
            exceptions.map(({ index, time, run, what }) => [
              index === null ? '' : String(index),
              time ?? '',
              run ?? '',
              what,
            ]),
          ),
        ]),
    '**What this does not prove**',
    matter.not_proven.map((line) => `* ${line}`).join('\n'),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.map((row) => line(row.map((cell) => text(cell)))),
  ].join('\n');
}

function code(words: string): string {
  return `\`${sanitizeLine(words).replaceAll('`', "'")}\``;
}

/** What a journal says may be hostile: no cell ends early, and nothing becomes markup, but our own links. */
function text(words: string): string {
  const links = /^(\[[a-z]+\]\(#[a-z]+\)(, )?)+$/;
  const plain = sanitizeLine(words);
  return links.test(plain) ? plain : plain.replaceAll(/[\\`*_|<>[\]#!]/g, '\\$&');
}
