import { sanitizeBlock, sanitizeLine } from '../../base/sanitize.ts';
import { describeChanges } from '../../runbook/diff.ts';
import { type ComparedLine, compareLines } from '../../runbook/diff-lines.ts';
import type { CardInput } from './card.ts';
import { showWith } from './card-marks.ts';

/** How the section is headed that lists what is not as it was the last time. */
export const changesHeading = 'Changes since';

export type { ComparedLine } from '../../runbook/diff-lines.ts';

export interface ScriptChanges {
  /** The script's lines and the last run's, in order. */
  readonly lines: readonly ComparedLine[];
  /** Everything else that differs, in words. */
  readonly others: readonly string[];
}

/**
 * What the card lists under `changesHeading`, for whoever has room to show a script's lines beside those of
 * the last run. Null where no script changed: then the list says it all. Sanitised.
 */
export function compareScripts({
  content,
  command,
  previous,
}: Pick<CardInput, 'content' | 'command' | 'previous'>): ScriptChanges | null {
  const [before, after] = [previous?.action, command.action];
  if (content.commands.length > 1 || before?.kind !== 'run' || after.kind !== 'run') {
    return null;
  }
  if (previous === null || before.script === after.script) {
    return null;
  }
  const [old, fresh] = [before.script, after.script].map((script) => script.split('\n'));
  const show = showWith(content.commands.flatMap(({ holes = [] }) => holes));
  const alike = { ...previous, action: { ...before, script: after.script } };
  return {
    lines: compareLines(old ?? [], fresh ?? []).map(({ kind, text }) => ({
      kind,
      text: sanitizeBlock(text),
    })),
    others: describeChanges(alike, command).map((line) => sanitizeLine(show(line))),
  };
}
