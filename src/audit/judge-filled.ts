import type { RequestContent } from '../approval/request.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Json } from '../base/json.ts';
import type { StepStarted } from '../run/events.ts';
import { commandDigest } from '../runbook/digest.ts';
import { fillHoles, fitsHole } from '../runbook/holes/holes.ts';
import type { Replay } from './docket.ts';
import { type Misfit, whyNotGiven } from './given-values.ts';

type Asked = RequestContent['commands'][number];

/**
 * Why the command that ran is not the one that was approved; null where it is. Of a template: the values
 * that the entry names fit its holes, are those of the run, and fill it to what ran. Content that is gone
 * keeps nothing from being found that shows without it.
 */
export function whyOther(
  asked: Asked,
  { digest, command, permit }: StepStarted,
  replay: Replay,
): Misfit | null {
  const { holes = [] } = asked;
  if (holes.length === 0) {
    const isSame = asked.digest === digest && asked.command === command;
    return isSame ? null : { why: 'it ran another command' };
  }
  const values = permit.kind === 'grant' ? (permit.holes ?? {}) : {};
  const flaws = [
    ...whyUnfit(asked, values, replay),
    ...whyUnfilled(asked, { digest, values }, replay),
  ];
  return flaws.find(({ wants }) => wants === undefined) ?? flaws[0] ?? null;
}

function whyUnfilled(
  asked: Asked,
  { digest, values }: Pick<StepStarted, 'digest'> & { readonly values: Values },
  { templates }: Replay,
): readonly Misfit[] {
  const template = templates.get(asked.digest);
  if (template === undefined) {
    return [{ why: 'what was approved is gone', wants: asked.command }];
  }
  return commandDigest(fillHoles(template, values)) === digest
    ? []
    : [{ why: 'it ran another command than its template with these values' }];
}

type Values = Readonly<Record<string, Json>>;

function whyUnfit(
  { holes = [], values: shown }: Asked,
  values: Values,
  replay: Replay,
): readonly Misfit[] {
  if (shown !== undefined && canonicalize(shown) !== canonicalize(values)) {
    return [{ why: 'reviewers were shown other values of this run' }];
  }
  return holes.flatMap((hole) => {
    const why = fitsHole(hole, values[hole.name] ?? null);
    return why === null ? (whyForeign(hole.name, values, replay) ?? []) : { why };
  });
}

function whyForeign(name: string, values: Values, { plan, given, state }: Replay): Misfit | null {
  const [root, key = ''] = name.split('.');
  if (root === 'steps') {
    return whyNotGiven(name, values[name], given);
  }
  if (root === 'params' && plan === null) {
    return { why: `the plan that gives \`${name}\` is gone`, wants: state.started.plan };
  }
  return root !== 'params' || canonicalize(plan?.params[key]) === canonicalize(values[name])
    ? null
    : { why: `\`${name}\` has another value in this run` };
}
