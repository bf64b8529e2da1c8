import { UsageError } from '../../base/errors.ts';
import { Mark } from '../../base/expression-value.ts';
import { canonicalize } from '../../base/jcs.ts';
import type { Json } from '../../base/json.ts';
import type { Command, Text } from '../command.ts';
import { joinText } from '../fill.ts';
import type { Plan, PlannedStep } from '../plan.ts';
import { type RenderScope, renderStep } from '../render.ts';
import type { Hole } from './hole.ts';
import { readWithin } from './limits.ts';
import { fillMarks, mayHoldMark, writeValue } from './marks.ts';

/**
 * A command that is approved before all of its values are known. It is rendered with marks in their place;
 * later `fillHoles` puts the values there. Whoever uses one asks three things of it: rendering with marks
 * still gives the approved template, every value fits its hole, and the filled template has exactly the
 * digest of the command that ordinary rendering gives.
 */

/**
 * The step's command with marks for these values (`steps.health.outputs.leader`, `params.shard`); null
 * where there can be none: an expression computes with one of them, one stands where no value may, or
 * something else in the command looks like a mark.
 */
export function renderTemplate(
  plan: Plan,
  step: PlannedStep,
  { scope, names }: { readonly scope: RenderScope; readonly names: readonly string[] },
): Command | null {
  try {
    const without = renderStep(plan, step, marked(scope, names, true));
    return mayHoldMark(canonicalize(without))
      ? null
      : renderStep(plan, step, marked(scope, names, false));
  } catch (error) {
    if (error instanceof UsageError) {
      return null;
    }
    throw error;
  }
}

function marked(scope: RenderScope, names: readonly string[], blank: boolean): RenderScope {
  return { ...scope, marks: names.map((name) => new Mark(name, blank)) };
}

/**
 * What rendering with these values gives, wherever they may stand as they are. A mark without a value
 * stays, so that the digest is nobody's.
 */
export function fillHoles(template: Command, values: Readonly<Record<string, Json>>): Command {
  const fill = (text: string): string =>
    fillMarks(text, (name, form) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      return value === undefined ? null : writeValue(value, form);
    });
  const fillText = (text: Text): Text =>
    joinText(text.map((piece) => (typeof piece === 'string' ? fill(piece) : piece)));
  return fillCommand(template, { fill, fillText });
}

interface Fillers {
  readonly fill: (text: string) => string;
  readonly fillText: (text: Text) => Text;
}

function fillCommand(command: Command, fillers: Fillers): Command {
  const { env, check } = command;
  return {
    ...command,
    action: fillAction(command.action, fillers),
    env: Object.fromEntries(
      Object.entries(env).map(([name, text]) => [name, fillers.fillText(text)]),
    ),
    check: check === null ? null : fillCommand(check, fillers),
  };
}

/** A script is never templated: it stays as it is. */
function fillAction(action: Command['action'], { fill, fillText }: Fillers): Command['action'] {
  switch (action.kind) {
    case 'run':
      return action;
    case 'exec':
      return { ...action, argv: action.argv.map(fill) };
    case 'http':
      return {
        ...action,
        url: fill(action.url),
        headers: action.headers.map(({ name, value }) => ({ name, value: fillText(value) })),
        body: action.body === null ? null : fillText(action.body),
      };
  }
}

/** A reviewer was shown limits, not a text of any length. */
const maxLength = 1000;

/**
 * Why the value may not stand in this hole, in words; null where it may. Text is not taken for a number; it
 * is short, and none but an enumerated one holds a control character, whatever a pattern lets through.
 */
export function fitsHole(hole: Hole, value: Json): string | null {
  if (typeof value === 'string' && mayHoldMark(value)) {
    return `\`${hole.name}\` holds a character that stands for a value nobody knows yet`;
  }
  if (typeof value === 'string' && value.length > maxLength) {
    return `\`${hole.name}\` may hold ${maxLength} characters, not ${value.length}`;
  }
  if (typeof value === 'string' && hole.enum === null && /\p{Cc}/u.test(value)) {
    return `\`${hole.name}\` holds a control character`;
  }
  const read = readWithin(hole.name, hole, value);
  if ('message' in read) {
    return read.message;
  }
  return read.value === value ? null : `\`${hole.name}\` must be of type \`${hole.type}\``;
}
