import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import { headlineOf, type VerifyReport, verdictWord } from '../engine/verify.ts';
import { csrfField } from './layout.ts';
import { showTime } from './time.ts';

/** What verifying came to, in the words of `runbook audit verify`: never one word for all of it, a journal is only as sound as what anchors it. */
export function layoutVerdicts(report: VerifyReport, csrf: string): Html {
  const { verdicts, findings, forks = [] } = report;
  return html`<h1>Verification</h1>
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

/** As `runbook audit verify` begins: that nothing outside vouches for a journal is never a bare yes. */
function headline(report: VerifyReport): Html {
  const { text } = headlineOf(report);
  const [word = ''] = text.split(' ');
  const { tone, role, meaning } = headlines[word] ?? selfConsistent;
  return html`<div class="notice ${tone}" role="${role}"><p><strong>${sanitizeLine(text)}</strong></p>
<p>${meaning}</p></div>`;
}

const selfConsistent = {
  tone: 'warn',
  role: 'status',
  meaning:
    'It fits together, and nothing from outside vouches that it is whole: whoever holds its key could have written it anew.',
};

const headlines: Readonly<Record<string, typeof selfConsistent>> = {
  FAILED: { tone: 'bad', role: 'alert', meaning: 'The journal does not hold.' },
  ANCHORED: {
    tone: '',
    role: 'status',
    meaning:
      'Somebody outside vouches for it up to there. How far each verdict goes, it says itself.',
  },
};

function verdictRow({ name, ok, anchor, anchored_at }: VerifyReport['verdicts'][number]): Html {
  const word = verdictWord(ok);
  return html`<tr><td><span class="badge ${tones[word]}">${word}</span></td><th scope="row">${name}</th>
<td>${sanitizeLine(anchor)}${anchored_at !== null && html`, ${showTime(anchored_at)}`}</td></tr>
`;
}

const tones = { ok: 'good', 'not ok': 'bad', open: '' } as const;

function findingRow({ code, index, message }: VerifyReport['findings'][number]): Html {
  const where =
    index === null ? html`the journal` : html`<a href="/journal/${index}">entry ${index}</a>`;
  return html`<li class="row">${where}: ${sanitizeLine(message)} <code>${code}</code></li>`;
}
