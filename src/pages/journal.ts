import { type Html, html } from '../base/html.ts';
import type { Json } from '../base/json.ts';
import { sanitizeBlock, sanitizeLine } from '../base/sanitize.ts';
import type { AuditLine } from '../engine/reports.ts';
import { layoutLines } from './code-lines.ts';
import { csrfField } from './layout.ts';
import { showTime } from './time.ts';
import { layoutSentence } from './words.ts';

/** What the journal says of itself: anybody who keeps this can hold the journal to it. */
export interface HeadView {
  readonly origin: string;
  readonly size: string;
  /** Base64. */
  readonly root: string;
  /** Signed-note verifier key. */
  readonly verifierKey: string;
  /** The signed note, whole. */
  readonly note: string;
}

/** What somebody looks for; '' is everything. */
export interface JournalFilter {
  readonly type: string;
  readonly run: string;
  readonly person: string;
  readonly limit: number;
}

export const journalLimits = [50, 200, 1000] as const;

export interface JournalView {
  readonly head: HeadView;
  /** The newest first. */
  readonly lines: readonly AuditLine[];
  readonly filter: JournalFilter;
  /** Why nothing can be looked for so; absent where it can. */
  readonly problem?: readonly string[];
  readonly csrf: string;
}

export function layoutJournal({ head, lines, filter, csrf, problem }: JournalView): Html {
  return html`<h1>Journal</h1>
<p class="lede">Everything that happened, signed. The newest entries stand first.</p>
${layoutHead(head)}
<form method="post" action="/journal/verify">${csrfField(csrf)}
<div class="tools"><button>Verify the journal</button></div>
<p class="hint">Reads every entry and judges it: seconds for a hundred thousand entries, minutes for millions. One person at a
time.</p>
</form>
<h2>Entries</h2>
${filterForm(filter)}
${problem !== undefined && html`<p class="notice bad" role="alert"><span>${problem.map((sentence) => html`${layoutSentence(sentence)} `)}</span></p>`}
${
  lines.length === 0
    ? problem === undefined && html`<p>No entry fits.</p>`
    : html`<ul class="rows">
${lines.map(layoutLine)}</ul>`
}
${lines.length === filter.limit ? html`<p class="hint">Older entries are left out: show more, or look for less.</p>` : null}`;
}

function layoutHead({ origin, size, root, verifierKey, note }: HeadView): Html {
  return html`<section class="card" aria-labelledby="head">
<h2 id="head">Signed head</h2>
<dl class="facts">
<dt>journal</dt><dd class="mono">${sanitizeLine(origin)}</dd>
<dt>entries</dt><dd>${size}</dd>
<dt>root</dt><dd class="mono">${root}</dd>
<dt>verifier key</dt><dd class="mono">${verifierKey}</dd>
</dl>
<details><summary>The signed note, to keep outside</summary>
<pre class="live">${sanitizeBlock(note)}</pre>
<p class="hint">Kept in a file, <code>runbook audit verify --checkpoint FILE</code> holds the journal to it later.</p>
</details>
</section>`;
}

function filterForm({ type, run, person, limit }: JournalFilter): Html {
  return html`<form method="get" action="/journal" role="search" aria-label="Entries" class="tools">
${filterField({ name: 'type', label: 'Type', value: type, hint: 'step.*' })}
${filterField({ name: 'run', label: 'Run', value: run, hint: 'id, or how it begins' })}
${filterField({ name: 'person', label: 'Person', value: person, hint: 'ana' })}
<div class="field"><label for="limit">How many</label><select id="limit" name="limit">
${journalLimits.map((count) => html`<option${count === limit ? html` selected` : null}>${count}</option>`)}
</select></div>
<button>Show</button>
</form>`;
}

function filterField(field: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly hint: string;
}): Html {
  const { name, label, value, hint } = field;
  return html`<div class="field"><label for="${name}">${label}</label>
<input id="${name}" name="${name}" value="${value}" placeholder="${hint}" maxlength="200" autocomplete="off" spellcheck="false"></div>`;
}

function layoutLine({ index, time, type, summary }: AuditLine): Html {
  return html`<li><a class="row" href="/journal/${index}">
<span><strong>${index}</strong><span class="mono">${type}</span><span class="soft">${showTime(time)}</span></span>
<span>${sanitizeLine(summary)}</span>
</a></li>
`;
}

/** One entry as it is stored, and what proves that it stands under the signed head. */
export interface EntryView {
  readonly index: number;
  /** Leaf hash, hex. */
  readonly hash: string;
  readonly leaf: Json;
  /** The run it is about; null where it is about none. */
  readonly run: string | null;
  /** Base64 hashes, from the leaf upwards. */
  readonly inclusion: readonly string[];
  readonly head: HeadView;
}

export function layoutEntry({ index, hash, leaf, run, inclusion, head }: EntryView): Html {
  return html`<h1>Entry ${index}</h1>
<p class="tools">${index > 0 ? html`<a href="/journal/${index - 1}">Entry ${index - 1}</a>` : null}
${index + 1 < Number(head.size) ? html`<a href="/journal/${index + 1}">Entry ${index + 1}</a>` : null}
${run === null ? null : html`<a href="/runs/${run}">Its run</a>`}</p>
<section class="card" aria-labelledby="stored"><h2 id="stored">As it is stored</h2>
${layoutLines(sanitizeBlock(JSON.stringify(leaf, null, 2)))}
</section>
<section class="card" aria-labelledby="proof"><h2 id="proof">Proof that it stands under the head</h2>
<dl class="facts"><dt>leaf hash</dt><dd class="mono">${hash}</dd></dl>
${inclusion.length === 0 ? html`<p>It is the only entry: its hash is the root.</p>` : html`<ol class="mono">${inclusion.map((each) => html`<li>${each}</li>`)}</ol>`}
<p class="hint">RFC 6962: the hashes beside it, from the leaf up to the root of ${head.size} entries.</p>
</section>
${layoutHead(head)}`;
}
