import { type Html, html } from '../base/html.ts';
import type { DecisionView, FormProblem } from './decision-view.ts';
import { layoutSentence } from './words.ts';

type Field = FormProblem['field'];

/** Says at the field what it lacks; null where that is not the trouble. */
export function layoutProblemAt({ problem }: DecisionView, field: Field): Html | null {
  return problem?.field === field
    ? html`<p class="notice bad" role="alert" id="${field}-problem"><span>${layoutSentence(problem.message)}</span></p>\n`
    : null;
}

/** Attributes of the field: what describes it, and whether it is why nothing was decided. */
export function describedBy({ problem }: DecisionView, field: Field, hint: string): Html {
  return problem?.field === field
    ? html` aria-invalid="true" aria-describedby="${field}-problem ${hint}"`
    : html` aria-describedby="${hint}"`;
}
