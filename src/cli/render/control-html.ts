import { type Html, html, type Part } from '../../base/html.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { type ControlReport, isAsked } from './control-markdown.ts';
import { listIndexes, periodOf, upper, verdictWord } from './control-words.ts';

type Matter = ControlReport['matters'][number];

/**
 * The report as one file that needs nothing else: no script, no picture, nothing loaded. The same report
 * gives the same bytes. Whatever a journal says is text and never markup.
 */
export function renderControlHtml(report: ControlReport): string {
  const { entries, size } = report;
  const title = html`${sanitizeLine(report.name)}: what the journal shows`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<dl>
<dt>Journal</dt><dd><code>${sanitizeLine(report.origin)}</code>, ${size} entries</dd>
<dt>Period</dt><dd>${sanitizeLine(periodOf(report))}</dd>
<dt>Entries of the period</dt><dd>${entries.count}${entries.first !== null && html`, from ${entries.first} to ${entries.last}`}</dd>
</dl>
<p>Numbers in brackets are entries: <code>runbook audit show NUMBER</code> prints one with its proof.</p>
<h2>Verdicts</h2>
<p>What the evidence below is worth: each verdict with what it rests on.</p>
${table(
  ['verdict', '', 'rests on'],
  report.verdicts.map(({ name, ok, anchor }) => [
    sanitizeLine(name),
    mark(ok),
    sanitizeLine(anchor),
  ]),
)}
<h2>Controls</h2>
<p>What a control asks of the journal stands under the headings in the last column.</p>
${table(
  ['control', '', 'population', 'evidence', 'exceptions', 'see'],
  report.controls.map(renderControl),
)}
${lines(report.matters.filter(({ matter }) => isAsked(report, matter)).map(renderMatter))}
</body>
</html>
`.markup;
}

function renderControl(control: ControlReport['controls'][number]): Row {
  const { baselines } = control;
  return [
    html`<b>${sanitizeLine(control.id)}</b>${baselines !== null && baselines !== '' && html` <small>${sanitizeLine(baselines)}</small>`}`,
    sanitizeLine(control.name),
    control.population,
    control.evidence,
    control.exceptions === 0 ? 0 : html`<b class="bad">${control.exceptions}</b>`,
    control.matters.map((matter, at) => [at > 0 && ', ', html`<a href="#${matter}">${matter}</a>`]),
  ];
}

function renderMatter(matter: Matter): Html {
  const { population, evidence, exceptions } = matter;
  return html`<section id="${matter.matter}">
<h2>${matter.matter}</h2>
<p>${sanitizeLine(upper(matter.name))}.</p>
<p><b>Population</b>: ${sanitizeLine(population.what)}: ${population.count}</p>
<h3>Evidence</h3>
${table(
  ['what', 'count', 'entries'],
  evidence.map(({ what, count, indexes }) => [
    sanitizeLine(what),
    count,
    sanitizeLine(listIndexes(indexes).trim()),
  ]),
)}
<h3>Exceptions</h3>
${
  exceptions.length === 0
    ? html`<p>none</p>`
    : table(
        ['entry', 'time', 'run', 'what'],
        exceptions.map(({ index, time, run, what }) => [
          index,
          sanitizeLine(time ?? ''),
          run !== null && html`<code>${sanitizeLine(run)}</code>`,
          sanitizeLine(what),
        ]),
      )
}
<h3>What this does not prove</h3>
<ul>
${lines(matter.not_proven.map((line) => html`<li>${sanitizeLine(line)}</li>`))}
</ul>
</section>`;
}

type Row = readonly Part[];

function table(head: readonly string[], rows: readonly Row[]): Html {
  return html`<table>
<thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead>
<tbody>
${lines(rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`))}
</tbody>
</table>`;
}

function lines(parts: readonly Html[]): Part {
  return parts.map((part, at) => [at > 0 && '\n', part]);
}

function mark(ok: boolean | null): Part {
  const word = verdictWord(ok);
  return ok === false ? html`<b class="bad">${word}</b>` : word;
}

const style = html`
:root { color-scheme: light dark; --quiet: #57606a; --line: #d0d7de; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --quiet: #9aa4af; --line: #3d444d; --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
h3 { margin-bottom: .3rem; font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt, small { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
code { font-size: .9em; }
.bad { color: var(--bad); }
@media print {
  :root { color-scheme: light; --quiet: #444; --line: #bbb; --bad: #900; }
  body { max-width: none; margin: 0; font-size: 10pt; }
  tr, li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
`;
