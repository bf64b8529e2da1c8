import { describeChain } from '../approval/card/card-chain.ts';
import type { ChainLink } from '../approval/people/people.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RunReport } from '../engine/reports.ts';
import { askerOf, environmentBadge } from './request-words.ts';
import { type RunNow, runNow } from './run-now.ts';
import { showTime } from './time.ts';

export interface RunView {
  readonly report: RunReport;
  /** RFC 3339. */
  readonly started: string;
  readonly chain: readonly ChainLink[];
  readonly reason: string | null;
  readonly ticket: string | null;
  /** Everything that was asked for, in order. */
  readonly asked: readonly {
    readonly request: string;
    readonly step: string;
    readonly time: string;
  }[];
  readonly output: readonly OutputView[];
  /** Stored output that is not shown, in bytes. */
  readonly hidden: number;
  /** How many of the run's entries the page shows: what comes after them is followed. */
  readonly version: number;
}

export interface OutputView {
  readonly step: string;
  readonly attempt: number;
  readonly stream: 'stdout' | 'stderr';
  /** As `outputText` made it; only its end where it is long. */
  readonly text: string;
  /** That it was erased, and why; null where it was not. */
  readonly erased: string | null;
}

export function layoutRun(view: RunView): Html {
  const { report, chain, started, reason } = view;
  const now = runNow(report);
  return html`<h1>${sanitizeLine(report.runbook)} ${environmentBadge(report)}
${cell(now, 'status')}${report.glass_broken && html` <span class="badge bad">break-glass</span>`}</h1>
<p class="soft">Started by ${askerOf({ chain })}, ${showTime(started)}${reason !== null && html`: “${sanitizeLine(reason)}”`}</p>
<p>${cell(now, 'reason')}</p>
${report.hint !== undefined && html`<p class="hint">${sanitizeLine(report.hint)}</p>`}
${!report.terminal && layoutFollowing(view)}
${report.reviews.map(layoutOwed)}
${layoutWaits(now)}
${layoutManual(report)}
<h2>Steps</h2>
${layoutSteps(report, now)}
${layoutOutput(view)}
${layoutFacts(view)}
${layoutAsked(view)}
<p class="tools"><a href="/journal?run=${report.run}">Its entries in the journal</a></p>`;
}

function cell({ cells }: RunNow, name: string): Html {
  const { text, look } = cells[name] ?? { text: '', look: '' };
  return html`<span data-now="${name}" class="${look}">${text}</span>`;
}

/** The page is whole without the script; with it, it goes on by itself. */
function layoutFollowing({ report, version }: RunView): Html {
  const path = `/runs/${report.run}`;
  return html`<p class="notice" role="status" data-follow="${path}/stream?from=${version}" data-state="${path}/now">
<span data-following>As it stood when the page was opened.</span> <a href="${path}">Reload</a></p>`;
}

function layoutWaits({ waits }: RunNow): Html {
  return html`<section data-waits aria-labelledby="waits"${waits.length === 0 && html` hidden`}>
<h2 id="waits">Waits for a decision</h2>
<ul class="argv">${waits.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul>
</section>`;
}

/** What was done under break-glass, and whether somebody has looked at it since. */
function layoutOwed({ request, step, due, overdue, review }: RunReport['reviews'][number]): Html {
  const link = html`<a href="/requests/${request}">${step}</a>`;
  if (review !== null) {
    return html`<p class="notice">${link} ran under break-glass: ${review.finding}, says ${review.person}.</p>`;
  }
  return html`<p class="notice ${overdue ? 'bad' : 'warn'}">${link} ran under break-glass: its review ${
    overdue ? 'is overdue since' : 'is owed by'
  } ${showTime(due)}.</p>`;
}

function layoutManual({ manual, next, requests }: RunReport): Html | null {
  if (manual !== undefined) {
    return html`<section class="card" aria-labelledby="manual"><h2 id="manual">To be done by a person</h2>
<p>${sanitizeLine(manual.text)}</p>${next !== null && html`<p>Then: <code>${sanitizeLine(next.command)}</code></p>`}</section>`;
  }
  // Whoever reads a page decides on a page.
  return next === null || requests.length > 0
    ? null
    : html`<p class="hint">Next: <code>${sanitizeLine(next.command)}</code></p>`;
}

function layoutSteps({ steps }: RunReport, now: RunNow): Html {
  return html`<ol class="steps">
${steps.map((step) => layoutStep(step, now))}</ol>`;
}

function layoutStep({ id, name }: RunReport['steps'][number], now: RunNow): Html {
  const words = name === null ? null : html`${sanitizeLine(name)} `;
  return html`<li><strong class="mono">${id}</strong> ${words}${cell(now, `state ${id}`)}
${cell(now, `facts ${id}`)}</li>
`;
}

/** Stored output, and behind it a place for what each step prints while the page is open. */
function layoutOutput({ report, output, hidden }: RunView): Html {
  const live = report.terminal ? [] : report.steps;
  return html`<h2>Output</h2>
${output.length === 0 && html`<p class="hint">No step that ended printed anything.</p>`}
${hidden > 0 && html`<p class="hint">${hidden} bytes of earlier output are left out: <code>runbook logs ${report.run}</code>.</p>`}
${output.map(layoutPiece)}
${live.map(
  ({ id }) => html`<section data-output="${id}" hidden><h3>${id}, as it comes</h3>
<pre class="live" aria-live="polite"></pre></section>`,
)}`;
}

function layoutPiece({ step, attempt, stream, text, erased }: OutputView): Html {
  const which = attempt > 1 ? `, attempt ${attempt}` : '';
  return html`<section><h3>${step}${which}${stream === 'stderr' && ', stderr'}</h3>
${erased === null ? html`<pre class="live">${text}</pre>` : html`<p class="soft">${sanitizeLine(erased)}</p>`}</section>`;
}

function layoutFacts({ report, started, chain, reason, ticket }: RunView): Html {
  const facts: readonly [string, string][] = [
    ...describeChain(chain),
    ['reason', reason ?? 'none given'],
    ['ticket', ticket ?? 'none given'],
    ...report.overrides.map((rule): [string, string] => ['lifts the rule', rule]),
    ...(report.break_glass === null
      ? []
      : [['break-glass', report.break_glass] satisfies [string, string]]),
    ['stamp', report.stamp],
    ['run', report.run],
  ];
  return html`<section class="card" aria-labelledby="facts"><h2 id="facts">Who and why</h2>
<dl class="facts"><dt>started</dt><dd>${showTime(started)}</dd>
${facts.map(([name, text]) => html`<dt>${name}</dt><dd>${sanitizeLine(text)}</dd>`)}</dl></section>`;
}

function layoutAsked({ asked }: RunView): Html | null {
  return asked.length === 0
    ? null
    : html`<h2>Requests</h2>
<ul class="argv">${asked.map(
        ({ request, step, time }) =>
          html`<li><a href="/requests/${request}">${step}, asked ${showTime(time)}</a></li>`,
      )}</ul>`;
}
