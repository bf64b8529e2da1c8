import type { Hole } from '../../runbook/holes/hole.ts';
import { describeLimits } from '../../runbook/holes/limits.ts';
import { fillMarks } from '../../runbook/holes/marks.ts';

/** How a text of a command is written on a card. */
export type Show = (text: string) => string;

/**
 * Values that come later stand in marks with their limits: `‹steps.find.outputs.leader: one of a, b›`.
 * Marks are doubled where the text itself has them, so that no value can pose as one.
 */
export function showWith(holes: readonly Hole[]): Show {
  const shown = new Map(holes.map((hole) => [hole.name, double(`${hole.name}: ${wordsOf(hole)}`)]));
  return (text) =>
    fillMarks(double(text), (name) => {
      const known = shown.get(name);
      return known === undefined ? null : `‹${known}›`;
    });
}

function wordsOf(hole: Hole): string {
  return hole.type === 'boolean' ? 'true or false' : describeLimits(hole);
}

function double(text: string): string {
  return text.replace(/[‹›]/g, '$&$&');
}
