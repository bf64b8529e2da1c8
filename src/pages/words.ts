import { type Html, html } from '../base/html.ts';
import { showTime } from './time.ts';

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

/** Words of ours, with what stands in backticks as code, and times as people read them. */
export function layoutWords(text: string): Html {
  return html`${text.split(marked).map((part) => layoutPart(part))}`;
}

const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z';
const marked = new RegExp(`(\`[^\`]+\`|\\b${time})`);
const isTime = new RegExp(`^${time}$`);

function layoutPart(part: string): Html | string {
  if (isTime.test(part)) {
    return showTime(part);
  }
  return /^`[^`]+`$/.test(part) ? html`<code>${part.slice(1, -1)}</code>` : part;
}
