import type { RequestContent } from '../approval/request.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Json } from '../base/json.ts';
import type { StepStarted } from '../run/events.ts';
import { commandDigest } from '../runbook/digest.ts';
import { fillHoles, fitsHole } from '../runbook/holes/holes.ts';
import type { Replay } from './docket.ts';
import { whyNotGiven } from './given-values.ts';

type Asked = RequestContent['commands'][number];

/**
 * Why the command that ran is not the one that was approved, in words; null where it is. Of a template:
 * the values that the entry names fit its holes, are those of the run, and fill it to what ran.
 */
export function whyOther(
  asked: Asked,
  { digest, command, permit }: StepStarted,
  replay: Replay,
): string | null {
  const { holes = [] } = asked;
  if (holes.length === 0) {
    return asked.digest === digest && asked.command === command ? null : 'it ran another command';
  }
  const values = permit.kind === 'grant' ? (permit.holes ?? {}) : {};
  const misfit = whyUnfit(asked, values, replay);
  const template = replay.templates.get(asked.digest);
  if (misfit !== null || template === undefined) {
    return misfit ?? 'what was approved is gone';
  }
  return commandDigest(fillHoles(template, values)) === digest
    ? null
    : 'it ran another command than its template with these values';
}

function whyUnfit(
  { holes = [], values: shown }: Asked,
  values: Readonly<Record<string, Json>>,
  replay: Replay,
): string | null {
  if (shown !== undefined && canonicalize(shown) !== canonicalize(values)) {
    return 'reviewers were shown other values of this run';
  }
  const misfits = holes.map(
    (hole) => fitsHole(hole, values[hole.name] ?? null) ?? whyForeign(hole.name, values, replay),
  );
  return misfits.find((why) => why !== null) ?? null;
}

function whyForeign(
  name: string,
  values: Readonly<Record<string, Json>>,
  { plan, given }: Replay,
): string | null {
  const [root, key = ''] = name.split('.');
  if (root === 'steps') {
    return whyNotGiven(name, values[name], given);
  }
  return root !== 'params' || canonicalize(plan?.params[key]) === canonicalize(values[name])
    ? null
    : `\`${name}\` has another value in this run`;
}
