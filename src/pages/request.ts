import type { RequestFile } from '../approval/request-file.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RequestDetail, RunReport } from '../engine/reports.ts';
import { layoutDecisionForm } from './decision-form.ts';
import type { DecisionView } from './decision-view.ts';
import { layoutPlan, layoutProof } from './request-beside.ts';
import { type CardView, layoutRequestCard } from './request-card.ts';
import { layoutNewest, layoutStanding } from './request-standing.ts';
import { environmentBadge, shorten, stateBadge } from './request-words.ts';
import { timeLeft } from './time.ts';

export interface RequestView extends DecisionView {
  /** How its run stands. */
  readonly run: RunReport;
  readonly proof: RequestFile;
  readonly nowMs: number;
}

/** One request, whole: what would run, where it comes from, where it stands, and the form that decides. */
export function layoutRequest(view: RequestView): Html {
  const { detail, run, proof, nowMs } = view;
  const card = layoutRequestCard(detail, nowMs);
  return html`${layoutHead(card, view)}
<div class="split">
<div>
${card.alarms.map((alarm) => html`<section class="card alarm">${alarm}</section>\n`)}
<article class="card" aria-label="What is asked">
${card.facts}</article>
</div>
<div class="beside">
${layoutPlan(run, detail)}
${layoutProof(detail, proof)}
</div>
<div>
${card.unverified !== null && html`<section class="card unverified">${card.unverified}</section>`}
${layoutStanding(detail)}
${layoutDecisionForm(view)}
</div>
</div>`;
}

function layoutHead(card: CardView, { detail, run, nowMs, problem }: RequestView): Html {
  const { content, state, outcome } = detail;
  const left = state === 'pending' ? timeLeft(content.limits.pending_until, nowMs) : null;
  const others = run.requests.filter(({ request }) => request !== content.id);
  return html`<p class="soft">Request for approval · ${sanitizeLine(content.runbook.name)}, ${stepsOf(detail)}</p>
<h1><code>${shorten(card.title, 160)}</code></h1>
<p>${stateBadge(state)} ${environmentBadge(content.target)}
${left !== null && html`<span class="badge">${left} left</span>`}
${content.break_glass !== null && html`<span class="badge bad">break-glass</span>`}</p>
<p><span class="words">${card.words}</span><br>
<span class="hint">The same words stand in the requester's terminal and on every other card.</span></p>
${
  problem !== undefined &&
  html`<p class="notice bad"><span>Nothing was decided: <a href="#${problem.field}">the form lacks something</a>.</span></p>`
}
${layoutNewest(detail)}
${
  outcome !== null &&
  html`<p class="notice ${toneOf(outcome)}"><span>It was started: ${sanitizeLine(outcome)}. <a href="/runs/${content.run}">See the run</a></span></p>`
}
${others.map(
  ({ request, step }) =>
    html`<p class="notice"><span>Open in the same run: <a href="/requests/${request}">the request for ${step}</a></span></p>\n`,
)}
${
  content.supersedes !== null &&
  html`<p class="hint">It replaces <a href="/requests/${content.supersedes.request}">an earlier request</a>.</p>`
}
<p class="tools">${
    state === 'pending' && html`<a href="#decide">To the decision</a>`
  } <a href="/requests/${content.id}">Look again</a></p>`;
}

function stepsOf({ content: { commands, step, name } }: RequestDetail): string {
  const one = name === null ? `step ${step}` : `step ${step}: ${name}`;
  return sanitizeLine(
    commands.length > 1 ? `steps ${commands.map((each) => each.step).join(', ')}` : one,
  );
}

function toneOf(outcome: string): string {
  return outcome === 'running' ? '' : outcome === 'succeeded' ? 'good' : 'bad';
}
