import { positionIn } from '../../base/yaml.ts';
import { list } from '../../base/yaml-collections.ts';
import { text } from '../../base/yaml-scalars.ts';
import { invalid, optional, refine } from '../../base/yaml-schema.ts';
import { checkWhen } from '../when.ts';
import { type KnownNames, nameOf } from './known-names.ts';

/** A condition, checked before there is anything to hold it against. */
export const whenFile = refine(text(), (when, node, place) => {
  const problem = checkWhen(when);
  if (problem === null) {
    return when;
  }
  place.report(positionIn(node, problem.offset), `\`when\`: ${problem.message}`, problem.hint);
  return invalid;
});

/** The times at which something matches, by the names of calendars. */
export function seasonFile({ calendars }: Pick<KnownNames, 'calendars'>) {
  const names = list(nameOf('calendar', calendars), { min: 1 });
  return { during: optional(names, []), outside: optional(names, []) };
}
