import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RunSummary } from '../engine/reports.ts';
import { askerOf, environmentBadge, shorten } from './request-words.ts';
import { badge } from './run-now.ts';
import { showTime, timeSince } from './time.ts';

export interface RunsView {
  /** The newest first. */
  readonly runs: readonly RunSummary[];
  readonly whose: 'all' | 'mine';
  /** How many were asked for; null where there are no more to ask for. */
  readonly more: number | null;
  readonly nowMs: number;
}

export function layoutRuns({ runs, whose, more, nowMs }: RunsView): Html {
  return html`<h1>Runs</h1>
<nav aria-label="Whose runs">
<a href="/runs"${whose === 'all' && html` aria-current="page"`}>Everybody’s</a>
<a href="/runs?whose=mine"${whose === 'mine' && html` aria-current="page"`}>Mine</a>
</nav>
${
  runs.length === 0
    ? layoutNone(whose)
    : html`<ul class="rows">
${runs.map((run) => layoutRow(run, nowMs))}</ul>`
}
${more !== null && html`<p class="tools"><a class="button" href="/runs?whose=${whose}&amp;limit=${more}">Show more</a></p>`}`;
}

function layoutNone(whose: RunsView['whose']): Html {
  return html`<div class="card"><h2>No runs</h2>
<p>${whose === 'mine' ? 'Of the newest runs you stand behind none.' : 'Nothing has run yet.'}
A run begins with <code>runbook exec NAME</code>.</p></div>`;
}

function layoutRow(run: RunSummary, nowMs: number): Html {
  const { text, look } = badge(run.status, (run.open_requests ?? 0) > 0);
  const title = run.command ?? run.runbook;
  const { reason = null } = run;
  return html`<li><a class="row" href="/runs/${run.run}">
<span><strong>${sanitizeLine(title)}</strong>${environmentBadge(run)}<span class="${look}">${text}</span>${run.glass_broken && html`<span class="badge bad">break-glass</span>`}</span>
<span class="soft"><span>started by ${run.chain === undefined ? sanitizeLine(run.caller) : askerOf({ chain: run.chain })}</span><span>${timeSince(run.started, nowMs)} ago, ${showTime(run.started)}</span></span>
${reason !== null && html`<span class="soft">“${shorten(sanitizeLine(reason), 160)}”</span>`}
</a></li>
`;
}
