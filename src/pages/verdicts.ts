import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { VerifyReport } from '../engine/verify.ts';
import { csrfField } from './layout.ts';
import { showTime } from './time.ts';

/** What verifying came to: never one word for all of it, a journal is only as sound as what anchors it. */
export function layoutVerdicts(report: VerifyReport, csrf: string): Html {
  const { verdicts, findings, forks = [] } = report;
  return html`<h1>What verifying came to</h1>
${headline(report)}
<div class="scroll" tabindex="0" role="region" aria-label="Verdicts"><table>
<thead><tr><th scope="col">Verdict</th><th scope="col">On</th><th scope="col">What it rests on</th></tr></thead>
<tbody>
${verdicts.map(verdictRow)}</tbody>
</table></div>
<h2>Findings</h2>
${findings.length === 0 ? html`<p>None.</p>` : html`<ul class="rows">${findings.map(findingRow)}</ul>`}
${forks.length > 0 && html`<h2>Proofs of a fork</h2>${forks.map((fork) => html`<pre class="live">${fork}</pre>`)}`}
<form method="post" action="/journal/verify">${csrfField(csrf)}
<div class="tools"><button>Verify again</button><a href="/journal">To the journal</a></div></form>
<p class="hint">This is the word of the server that keeps the journal. <code>runbook audit verify</code> with a receipt or a
head of your own, and an evidence bundle without this program, need not believe it.</p>`;
}

function headline({ verdicts, exit_code }: VerifyReport): Html {
  if (exit_code !== 0) {
    const failed = verdicts.filter(({ ok }) => ok === false).map(({ name }) => name);
    return html`<p class="notice bad" role="alert"><span>The journal does not hold: ${failed.join(', ')}.</span></p>`;
  }
  return html`<p class="notice good" role="status"><span>Nothing speaks against it. How far each verdict goes, it says itself.</span></p>`;
}

function verdictRow({ name, ok, anchor, anchored_at }: VerifyReport['verdicts'][number]): Html {
  return html`<tr><td>${verdictBadge(ok)}</td><th scope="row">${name}</th>
<td>${sanitizeLine(anchor)}${anchored_at !== null && html`, ${showTime(anchored_at)}`}</td></tr>
`;
}

function verdictBadge(ok: boolean | null): Html {
  if (ok === null) {
    return html`<span class="badge">not judged</span>`;
  }
  return ok
    ? html`<span class="badge good">holds</span>`
    : html`<span class="badge bad">does not hold</span>`;
}

function findingRow({ code, index, message }: VerifyReport['findings'][number]): Html {
  const where =
    index === null ? html`the journal` : html`<a href="/journal/${index}">entry ${index}</a>`;
  return html`<li class="row">${where}: ${sanitizeLine(message)} <code>${code}</code></li>`;
}
