import type { RequestFile } from '../approval/request-file.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RequestDetail, RunReport, StepReport } from '../engine/reports.ts';
import { badge, type Cell } from './run-now.ts';

/** Where the run stands, and which of its steps are asked for. */
export function layoutPlan(run: RunReport, { content }: RequestDetail): Html {
  const asked = new Set(content.commands.map(({ step }) => step));
  return html`<section class="card" aria-labelledby="plan">
<h2 id="plan">The run</h2>
<p><a href="/runs/${run.run}">${sanitizeLine(run.runbook)}</a> ${layoutBadge(badge(run.status, run.requests.length > 0))}</p>
<ol class="steps">
${run.steps.map((step) => layoutStep(step, asked.has(step.id)))}</ol>
</section>`;
}

function layoutStep({ id, name, status }: StepReport, isAsked: boolean): Html {
  return html`<li${isAsked && html` aria-current="step"`}>${sanitizeLine(name ?? id)}
${isAsked && html`<span class="soft">· asked for here</span> `}${layoutBadge(badge(status, isAsked))}</li>
`;
}

function layoutBadge({ text, look }: Cell): Html {
  return html`<span class="${look}">${text}</span>`;
}

/** Where the request stands in the journal, and how anybody checks that without this page. */
export function layoutProof({ hash, words }: RequestDetail, proof: RequestFile): Html {
  // A checkpoint's first three lines: origin, size, root (C2SP tlog-checkpoint).
  const [origin = '', size = '', root = ''] = proof.checkpoint.split('\n');
  return html`<section class="card" aria-labelledby="proof">
<h2 id="proof">Proof</h2>
<dl class="facts stacked">
<dt>entry</dt><dd><a href="/journal/${proof.index}">${proof.index}</a> of <span class="mono">${origin}</span></dd>
<dt>leaf hash, which decisions name</dt><dd class="mono">${hash}</dd>
<dt>signed head over it</dt><dd>${size} entries, root <span class="mono">${root}</span></dd>
</dl>
<h3>Check it yourself</h3>
<p class="hint">In a session of your own, against the head that your client remembers:</p>
<pre>runbook review ${words}
runbook audit show ${proof.index}</pre>
<p class="hint">What people sign are SSH signatures in the namespace
<code>approval@runbook/v1</code>: <code>ssh-keygen -Y verify</code> checks them without this program.</p>
</section>`;
}
