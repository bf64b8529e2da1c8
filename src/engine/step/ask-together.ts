import type { RequestContent } from '../../approval/request.ts';
import { UsageError } from '../../base/errors.ts';
import { mergeAsks } from '../../policy/merge-asks.ts';
import { describeOverrides } from '../../policy/overrides.ts';
import type { Policy, Verdict } from '../../policy/policy.ts';
import { caseOf, judgeStep } from '../../run/judge.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, encodeCommand, secretsOf } from '../../runbook/digest.ts';
import type { Hole } from '../../runbook/holes/hole.ts';
import { renderTemplate } from '../../runbook/holes/holes.ts';
import { outputHoles } from '../../runbook/holes/output-holes.ts';
import { allSteps, type PlannedStep } from '../../runbook/plan.ts';
import { evaluateIf, type RenderScope, renderStep } from '../../runbook/render.ts';
import { referencesOf } from '../../runbook/step-references.ts';
import { listsOf } from '../ask-lists.ts';
import { findLoan } from '../grant/find-loan.ts';
import type { Session } from '../session.ts';
import { whyInVain } from './judge-now.ts';
import { frameOf, limitsOf } from './request-approval.ts';
import { scopeOf } from './scope.ts';

type Ask = Extract<Verdict, { kind: 'ask' }>;

/** A step that can be asked for before anything runs. */
interface Part {
  readonly step: PlannedStep;
  readonly verdict: Ask;
  /** Bound, with hashes, and with marks where `holes` are. */
  readonly command: Command;
  readonly holes: readonly Hole[];
}

/**
 * Asks for all steps that can be known before anything runs, in one request. Steps that nobody need be
 * asked about, that are denied just now, or whose command is not known yet are left to their own point.
 * False where fewer than two are left, or nobody could approve them all: nothing is asked then.
 */
export async function askTogether(session: Session): Promise<boolean> {
  await session.refreshConfig();
  const parts = await notLent(session, partsOf(session, await scopeOf(session, null)));
  if (parts.length < 2) {
    return false;
  }
  const verdict = mergeAsks(parts.map(({ step, verdict }) => ({ step: step.id, verdict })));
  if ((await whyInVain(session, verdict)) !== null) {
    return false;
  }
  const content = await freezeParts(session, parts, verdict);
  await session.commit(`request.${content.id}`, [{ type: 'approval.requested', data: content }], {
    guards: { config: verdict.evaluation.config },
  });
  return true;
}

/** A step that may start under the approval of another run is asked about by nobody. */
async function notLent(session: Session, parts: readonly Part[]): Promise<readonly Part[]> {
  const asked: Part[] = [];
  for (const part of parts) {
    // What has holes is compared with what was approved once its values are known.
    if (part.holes.length > 0 || (await findLoan(session, part)) === null) {
      asked.push(part);
    }
  }
  return asked;
}

function partsOf(session: Session, scope: RenderScope): readonly Part[] {
  const { engine, inForce, plan, state } = session;
  const moment = { nowMs: session.nowMs(), lists: listsOf(engine, inForce.rules) };
  return allSteps(plan).flatMap((step) => {
    if (step.action.kind === 'manual' || isSkipped(session, step, scope)) {
      return [];
    }
    const verdict = judgeStep(inForce.rules, caseOf(state, plan, step), moment);
    const asks = verdict.kind === 'ask' && mayJoin(verdict, inForce.rules.policy);
    return asks ? partOf(session, { step, verdict }, scope) : [];
  });
}

/** What is asked beyond the ordinary stands alone; so does who must not have approved another step. */
function mayJoin({ breakGlass, reuse, evaluation }: Ask, { rules }: Policy): boolean {
  const excludesEarlier = rules.some(
    ({ name, require }) =>
      evaluation.matched.includes(name) && require?.exclude.includes('earlier_approver') === true,
  );
  return breakGlass === null && reuse === null && !excludesEarlier;
}

/** By what is known already; where `if` looks at other steps, nobody knows yet. */
function isSkipped({ plan }: Session, step: PlannedStep, scope: RenderScope): boolean {
  if (
    step.if === null ||
    referencesOf([], [step.if]).some(({ path: [root] }) => root === 'steps')
  ) {
    return false;
  }
  try {
    return !evaluateIf(plan, step, scope);
  } catch (error) {
    if (error instanceof UsageError) {
      return true;
    }
    throw error;
  }
}

function partOf(
  { engine, plan }: Session,
  { step, verdict }: Pick<Part, 'step' | 'verdict'>,
  scope: RenderScope,
): readonly Part[] {
  const holes = outputHoles(plan, step);
  if (holes === null) {
    return [];
  }
  try {
    const names = holes.map(({ name }) => name);
    const rendered =
      holes.length === 0
        ? renderStep(plan, step, scope)
        : renderTemplate(plan, step, { scope, names });
    return rendered === null
      ? []
      : [{ step, verdict, command: engine.actions.bind(rendered, true), holes }];
  } catch (error) {
    if (error instanceof UsageError) {
      // What cannot be made now, perhaps an earlier step makes possible; else it fails at its own point.
      return [];
    }
    throw error;
  }
}

async function freezeParts(
  session: Session,
  parts: readonly Part[],
  verdict: Ask,
): Promise<RequestContent> {
  const { engine, inForce } = session;
  const commands = await Promise.all(parts.map((part) => freezePart(session, part)));
  const [first] = parts;
  const overrides = describeOverrides(inForce.rules.policy, verdict.overrides);
  return {
    ...frameOf(session),
    step: first?.step.id ?? '',
    name: first?.step.name ?? null,
    commands,
    attempt: 1,
    policy: { slots: verdict.slots, evaluation: verdict.evaluation },
    secrets: unique(parts.flatMap(({ command }) => secretsOf(command))),
    not_bound: unique(parts.flatMap(({ command }) => engine.actions.notBound(command))),
    effect: {
      idempotent: parts.some(({ step }) => step.idempotent),
      continue_on_error: parts.some(({ step }) => step.continue_on_error),
      has_check: parts.some(({ step }) => step.check !== null),
    },
    grant: { uses: commands.reduce((sum, { uses }) => sum + uses, 0) },
    break_glass: null,
    ...(overrides.length === 0 ? {} : { overrides }),
    limits: limitsOf(session, verdict),
    supersedes: null,
    previous: null,
  };
}

async function freezePart({ engine }: Session, { step, command, holes }: Part) {
  return {
    step: step.id,
    digest: commandDigest(command),
    command: await engine.store.putBlob(encodeCommand(command)),
    ...(holes.length === 0 ? {} : { holes }),
    uses: step.retry?.attempts ?? 1,
  };
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
