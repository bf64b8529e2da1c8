import { type Html, html } from '../base/html.ts';

/**
 * A message of ours as a sentence: what stands in backticks as code, with a full stop, and with a capital
 * where it begins with a word and not with a name such as `people.yaml`.
 */
export function layoutSentence(text: string): Html {
  const capital = text.replace(/^[a-z](?=[a-z'’-]*(?:[\s,;:]|$))/, (letter) =>
    letter.toUpperCase(),
  );
  return layoutWords(/[.?!]$/.test(capital) ? capital : `${capital}.`);
}

/** Words of ours, with what stands in backticks as code. */
function layoutWords(text: string): Html {
  return html`${text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
