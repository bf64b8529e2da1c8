import { sanitizeLine } from '../../base/sanitize.ts';
import { textWidth, wrapText } from '../../base/wrap.ts';
import { plainText } from './plain.ts';
import type { ProgressInput } from './progress.ts';
import type { Style } from './style.ts';

/** The lines of a run's progress, with at most one still open. */
export interface StepLines {
  /** `● restart  Restart one node after the other …` */
  begin(step: string, mark: string): void;
  /** What became of the step: on its line where that is still open, else below. */
  end(words: string): void;
  /** A line about the step, indented. */
  note(words: string): void;
  /** Text under the step, as it is. */
  below(text: string): void;
}

export function stepLines({ report, style, live, write }: ProgressInput): StepLines {
  const names = new Map(report.steps.map(({ id, name }) => [id, sanitizeLine(name ?? '')]));
  const idWidth = Math.max(0, ...report.steps.map(({ id }) => id.length));
  /** Cells that the open line takes up; null where none is open. */
  let open: number | null = null;

  function close(): void {
    if (open !== null) {
      write('\n');
      open = null;
    }
  }

  return {
    begin(step, mark) {
      close();
      const { text, used } = renderHead({ step, name: names.get(step) ?? '', idWidth }, style);
      write(`${mark} ${text}${live ? style.paint.quiet(' …') : '\n'}`);
      open = live ? used + 2 : null;
    },
    end(words) {
      const width = textWidth(plainText(words));
      if (open !== null && open + 1 + width <= style.columns) {
        write(` ${words}\n`);
        open = null;
        return;
      }
      close();
      write(`  ${words}\n`);
    },
    note(words) {
      close();
      write(`  ${words}\n`);
    },
    below(text) {
      close();
      write(text);
    },
  };
}

interface Head {
  readonly step: string;
  readonly name: string;
  readonly idWidth: number;
}

/** The step's id and its name beside it; `used` is the width of the last line, with the mark. */
function renderHead(
  { step, name, idWidth }: Head,
  { paint, columns }: Style,
): {
  readonly text: string;
  readonly used: number;
} {
  if (name === '') {
    return { text: paint.strong(step), used: 2 + step.length };
  }
  const before = 2 + Math.max(idWidth, step.length) + 2;
  const lines = wrapText(name, Math.max(12, columns - before - 2));
  const gap = ' '.repeat(before - 2 - step.length);
  return {
    text: `${paint.strong(step)}${gap}${lines.join(`\n${' '.repeat(before)}`)}`,
    used: before + textWidth(lines.at(-1) ?? ''),
  };
}
