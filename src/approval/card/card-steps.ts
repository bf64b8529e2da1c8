import { InternalError } from '../../base/errors.ts';
import type { Command } from '../../runbook/command.ts';
import type { Hole } from '../../runbook/holes/hole.ts';
import type { Effect, RequestContent } from '../request.ts';
import { actionLine, commandSections } from './card-command.ts';
import { showWith } from './card-marks.ts';
import { type CardSection, fields, list } from './card-section.ts';

/** A request with every command that it names: a card that shows fewer must not be drawn. */
export interface Asked {
  readonly content: RequestContent;
  /** Of several steps, the first one's. */
  readonly command: Command;
  /** The commands of the other steps, in the request's order; absent where there is one. */
  readonly others?: readonly Command[];
}

interface Step {
  readonly step: string;
  readonly uses: number;
  readonly command: Command;
  readonly holes: readonly Hole[];
  readonly effect: Effect | undefined;
}

/** Throws InternalError `card_incomplete`: whoever approves would approve what they were not shown. */
function stepsOf({ content, command, others = [] }: Asked): readonly Step[] {
  const commands = [command, ...others];
  if (commands.length !== content.commands.length) {
    throw new InternalError({
      code: 'card_incomplete',
      message: `request ${content.id} asks for ${content.commands.length} commands, and ${commands.length} are to be shown`,
    });
  }
  return content.commands.flatMap(({ step, uses = content.grant.uses, holes = [], effect }, at) => {
    const shown = commands[at];
    return shown === undefined ? [] : [{ step, uses, command: shown, holes, effect }];
  });
}

/** What would run in one line, taken from the commands and never from a step's name. */
export function titleOf(asked: Asked): string {
  const lines = stepsOf(asked).map(({ command, holes }) =>
    actionLine(command.action, showWith(holes)),
  );
  return lines.length === 1 ? (lines[0] ?? '') : `${lines.length} steps: ${lines.join('; ')}`;
}

/** Every command whole. Of several steps each says what is not as the first one has it, and names what is. */
export function stepSections(asked: Asked): readonly (CardSection | null)[] {
  const steps = stepsOf(asked);
  const [first] = steps;
  if (steps.length === 1 || first === undefined) {
    return steps.flatMap(({ command, holes }) => commandSections(command, { holes }));
  }
  const known = new Set(neutral(first).map((section) => JSON.stringify(section)));
  return steps.flatMap((one, at) => {
    const heading = (words: string): string => `Step ${one.step}: ${words.toLowerCase()}`;
    const all = commandSections(one.command, { holes: one.holes, heading });
    const same = neutral(one).map((section) =>
      at > 0 && section !== null && known.has(JSON.stringify(section)) ? section.heading : null,
    );
    const { digest } = asked.content.commands[at] ?? { digest: '' };
    return [
      fields(`Step ${one.step}, ${at + 1} of ${steps.length}`, [
        ['command', `sha256 ${digest.slice(0, 12)}`],
        ['may start', startsWords(one.uses)],
        ...(one.effect === undefined ? [] : effectFields(one.effect)),
      ]),
      ...all.filter((_, index) => same[index] === null),
      list(
        heading(`the same as step ${first.step}`),
        same.filter((words) => words !== null),
      ),
    ];
  });
}

function neutral({ command, holes }: Step): readonly (CardSection | null)[] {
  return commandSections(command, { holes });
}

/** What becomes of a step that fails or is cut short. */
export function effectFields(effect: Effect): [string, string][] {
  return [
    [
      'idempotent',
      effect.idempotent ? 'yes: after a crash it may start again without an answer' : 'no',
    ],
    ['if it fails', effect.continue_on_error ? 'the run goes on' : 'the run ends'],
    ['probe', effect.has_check ? 'a check may settle an unknown outcome' : 'none'],
  ];
}

/** `once`, `up to 3 times`. */
export function startsWords(uses: number): string {
  return uses === 1 ? 'once' : `up to ${uses} times`;
}
