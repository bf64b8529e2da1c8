import { type Html, html } from '../base/html.ts';
import { layoutSentence } from './words.ts';

/** What went wrong, as an error says it. */
export interface ProblemView {
  /** Of HTTP. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** Where to go on after logging in: a path of ours. */
  readonly back: string;
}

/** For whoever only wants to know whether it is their doing. */
export function problemTitle(status: number): string {
  return titles[status] ?? (status < 500 ? 'That does not work' : 'The server could not do that');
}

const titles: Readonly<Record<number, string>> = {
  401: 'Log in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not a page',
  409: 'It has changed meanwhile',
  413: 'Too large',
  429: 'Too many calls',
  503: 'Not just now',
};

/** For whoever looks at a page and has no terminal, and no configuration, of this server. */
const hints: Readonly<Record<string, string>> = {
  route_unknown: 'see that the address is whole, or go on from the inbox',
  method_not_allowed: 'open the page again, and use its buttons',
  forged_call:
    'open the page again, and do it there; where that does not help, tell whoever runs this server which address your browser shows',
  request_unknown: 'the inbox has what waits, and what was decided lately',
  request_ambiguous: 'name it by more of its words; the inbox has what waits',
  run_unknown: 'the page of runs has the newest',
  run_ambiguous: 'name it by more of its id; the page of runs has the newest',
};

/** The page of an error: what happened, what to do, and the code that the documentation lists. */
export function layoutProblem({ status, code, message, back, ...error }: ProblemView): Html {
  const hint = hints[code] ?? error.hint;
  const login = `/login?to=${encodeURIComponent(back)}`;
  return html`<h1>${problemTitle(status)}</h1>
<div class="notice warn" role="alert">
<p>${layoutSentence(message)}</p>
${hint === null ? null : html`<p>${layoutSentence(hint)}</p>`}
</div>
<p>${status === 401 ? html`<a href="${login}">Log in</a>` : html`<a href="/">To the inbox</a>`}</p>
<p class="soft">Error code <code>${code}</code></p>`;
}
