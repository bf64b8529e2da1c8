import type { RequestContent } from '../../approval/request.ts';
import type { Json } from '../../base/json.ts';
import type { ReuseTerms } from '../../policy/policy.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, encodeCommand, secretsOf } from '../../runbook/digest.ts';
import { fillHoles } from '../../runbook/holes/holes.ts';
import { renderVarying, type VaryingCommand } from '../../runbook/holes/vary.ts';
import type { Plan, PlannedStep } from '../../runbook/plan.ts';
import type { Session } from '../session.ts';
import { scopeOf } from '../step/scope.ts';
import { unfit, valueOf } from './refuse-reuse.ts';

type Values = Readonly<Record<string, Json>>;

/** The one command of a request as it is asked for, and how the approval is to hold. */
export async function freezeCommand(
  session: Session,
  step: PlannedStep,
  { command, reuse }: { readonly command: Command; readonly reuse: ReuseTerms | null },
): Promise<{
  readonly asked: RequestContent['commands'][number];
  readonly grant: Pick<RequestContent['grant'], 'reuse'>;
}> {
  const { template, holes, values }: VaryingCommand & { readonly values: Values } =
    reuse === null
      ? { template: command, holes: [], values: {} }
      : await renderBound(session, step, { command, reuse });
  const blob = await session.engine.store.putBlob(encodeCommand(template));
  const asked = { step: step.id, digest: commandDigest(template), command: blob };
  return {
    asked: holes.length === 0 ? asked : { ...asked, holes, values },
    grant: reuse === null ? {} : { reuse: termsOf(reuse) },
  };
}

function termsOf({ rule, max_uses, for_ms }: ReuseTerms): Omit<ReuseTerms, 'vary'> {
  return { rule, max_uses, for_ms };
}

async function renderBound(
  session: Session,
  step: PlannedStep,
  { command, reuse }: { readonly command: Command; readonly reuse: ReuseTerms },
): Promise<VaryingCommand & { readonly values: Values }> {
  const { engine, plan } = session;
  const scope = await scopeOf(session, null, step);
  const rendered = renderVarying(plan, step, { scope, vary: reuse.vary });
  if (rendered === null) {
    throw unfit(step, 'a parameter that may vary stands where nothing may vary');
  }
  const template = engine.actions.bind(rendered.template, true);
  const [secret] = secretsOf(template);
  if (secret !== undefined) {
    throw unfit(step, `it is given the secret \`${secret}\`, which every run commits to anew`);
  }
  const values = holeValues(plan, rendered);
  if (commandDigest(fillHoles(template, values)) !== commandDigest(command)) {
    throw unfit(step, 'with the values of this run its template is not what would run');
  }
  return { template, holes: rendered.holes, values };
}

function holeValues(plan: Plan, { holes }: VaryingCommand): Values {
  return Object.fromEntries(
    holes.flatMap(({ name }): [string, Json][] => {
      const value = valueOf(plan, name.slice('params.'.length));
      return value === null ? [] : [[name, value]];
    }),
  );
}
