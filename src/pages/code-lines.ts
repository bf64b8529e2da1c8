import type { ComparedLine } from '../approval/card/card-changes.ts';
import { type Html, html } from '../base/html.ts';

/** Text with its lines numbered. The numbers are drawn by the stylesheet, so that nobody copies them. */
export function layoutLines(text: string): Html {
  const lines = text.replace(/\n$/, '').split('\n');
  return html`<pre class="lines">${lines.map((line) => html`<span>${showBlanks(line)}\n</span>`)}</pre>`;
}

/** A script beside the one before: what went and what came is marked for eyes and for ears. */
export function layoutDiff(lines: readonly ComparedLine[]): Html {
  const shown = nearChanges(lines);
  const count = (kind: ComparedLine['kind']): string => {
    const { length } = lines.filter((line) => line.kind === kind);
    return length === 1 ? '1 line' : `${length} lines`;
  };
  return html`<p class="hint">${count('gone')} removed, ${count('come')} added.</p>
<pre class="lines diff">${shown.map(layoutCompared)}</pre>`;
}

function layoutCompared(line: ComparedLine | Skipped): Html {
  const text = line.kind === 'skipped' ? null : html`${showBlanks(line.text)}\n`;
  switch (line.kind) {
    case 'gone':
      return html`<del><span class="sr">removed: </span>${text}</del>`;
    case 'come':
      return html`<ins><span class="sr">added: </span>${text}</ins>`;
    case 'same':
      return html`<span>${text}</span>`;
    case 'skipped':
      return html`<i>… ${line.count} lines as before\n</i>`;
  }
}

/** `\` at a line's end goes on in the next one; `\` and a blank does not. */
function showBlanks(line: string): Html {
  const end = line.replace(/[ \t]+$/, '');
  return html`${end}${end.length < line.length && html`<mark>${line.slice(end.length)}</mark>`}`;
}

interface Skipped {
  readonly kind: 'skipped';
  readonly count: number;
}

/** Lines around a change that are shown with it. */
const around = 3;

/** Long stretches of the same become one line that says how long they are. */
function nearChanges(lines: readonly ComparedLine[]): readonly (ComparedLine | Skipped)[] {
  const near = placesNear(lines);
  const shown: (ComparedLine | Skipped)[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (near.has(at)) {
      shown.push(line);
    } else if (last?.kind === 'skipped') {
      shown[shown.length - 1] = { kind: 'skipped', count: last.count + 1 };
    } else {
      shown.push({ kind: 'skipped', count: 1 });
    }
  }
  return shown;
}

function placesNear(lines: readonly ComparedLine[]): ReadonlySet<number> {
  const changes = [...lines.entries()].filter(([, { kind }]) => kind !== 'same');
  const offsets = Array.from({ length: 2 * around + 1 }, (_, index) => index - around);
  return new Set(changes.flatMap(([at]) => offsets.map((offset) => at + offset)));
}
