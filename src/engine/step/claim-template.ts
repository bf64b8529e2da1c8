import type { RequestContent } from '../../approval/request.ts';
import { canonicalize } from '../../base/jcs.ts';
import type { Json } from '../../base/json.ts';
import type { Command } from '../../runbook/command.ts';
import { describeChanges } from '../../runbook/diff.ts';
import { commandDigest, decodeCommand, isSecretRef } from '../../runbook/digest.ts';
import { fillHoles, fitsHole, renderTemplate } from '../../runbook/holes/holes.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import type { Session } from '../session.ts';
import { scopeOf } from './scope.ts';

type Approved = RequestContent['commands'][number];

/** What would run, held against what was approved. */
export interface Held {
  /** What differs, in lines fit for a person; none where the approval is for this. */
  readonly changes: readonly string[];
  /** What fills the template's holes now. */
  readonly values: Readonly<Record<string, Json>>;
}

/**
 * An approved command is the one that would run, byte for byte. Of an approved template three things must
 * hold: rendered again with marks it is the same, every value fits its hole, and filled it is the command.
 */
export async function holdAgainst(
  session: Session,
  approved: Approved,
  { step, command }: { readonly step: PlannedStep; readonly command: Command },
): Promise<Held> {
  const { holes = [] } = approved;
  if (holes.length === 0) {
    return { changes: await changesTo(session, approved, command), values: {} };
  }
  const values = await valuesOf(session, holes);
  const names = holes.map(({ name }) => name);
  const scope = await scopeOf(session, null, step);
  const rendered = renderTemplate(session.plan, step, { scope, names });
  if (rendered === null) {
    return { changes: ['a value that may vary stands where none may'], values };
  }
  const template = session.engine.actions.bind(rendered, true);
  const misfits = holes.flatMap((hole) => fitsHole(hole, values[hole.name] ?? null) ?? []);
  const changes = [
    ...(await changesTo(session, approved, template)),
    ...misfits,
    ...shownElse(approved, values),
  ];
  const isFilled = commandDigest(fillHoles(template, values)) === commandDigest(command);
  return { changes: changes.length > 0 || isFilled ? changes : ['the command'], values };
}

/** The card showed what this run would put there. */
function shownElse({ values: shown }: Approved, values: Held['values']): readonly string[] {
  const isOther = shown !== undefined && canonicalize(shown) !== canonicalize(values);
  return isOther ? ['the values of this run'] : [];
}

async function changesTo(
  { engine }: Session,
  approved: Approved,
  now: Command,
): Promise<readonly string[]> {
  if (approved.digest === commandDigest(now)) {
    return [];
  }
  const { bytes } = await engine.store.getBlob(approved.command);
  const changes = describeChanges(decodeCommand(bytes), now);
  return changes.length > 0 ? changes : ['the command'];
}

async function valuesOf(
  session: Session,
  holes: NonNullable<Approved['holes']>,
): Promise<Held['values']> {
  const known = await Promise.all(
    holes.map(async ({ name }) => [name, await valueOf(session, name)] as const),
  );
  return Object.fromEntries(known.filter((pair): pair is [string, Json] => pair[1] !== undefined));
}

async function valueOf(session: Session, name: string): Promise<Json | undefined> {
  const [root, key = '', , output = ''] = name.split('.');
  if (root === 'params') {
    const value = session.plan.params[key];
    return value === undefined || isSecretRef(value) ? undefined : value;
  }
  const outputs = await session.outputsOf(key);
  return Object.hasOwn(outputs, output) ? outputs[output] : undefined;
}
