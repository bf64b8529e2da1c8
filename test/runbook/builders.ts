import { commitment, sha256 } from '../../src/base/digest.ts';
import { newRunId } from '../../src/base/ids.ts';
import type { Json } from '../../src/base/json.ts';
import { InvalidFileError } from '../../src/base/problem.ts';
import { buildPlan, type PlanInput } from '../../src/runbook/build-plan.ts';
import type { Command } from '../../src/runbook/command.ts';
import { parseRunbook } from '../../src/runbook/parse/parse.ts';
import { allSteps, type Environment, type Plan, type PlannedStep } from '../../src/runbook/plan.ts';
import { type RenderScope, renderStep } from '../../src/runbook/render.ts';

export const salt = Buffer.alloc(32, 7);

/** A runbook of these steps, each `  - id: …` in YAML. */
export function aRunbook(steps: string, head = ''): string {
  return `name: test\n${head}steps:\n${steps}`;
}

export function anEnvironment(over: Partial<Environment> = {}): Environment {
  return { name: 'local', vars: {}, protected: false, hosts: null, ...over };
}

export interface PlanChoices extends Partial<Omit<PlanInput, 'runbook'>> {
  readonly given?: Readonly<Record<string, Json>>;
}

export function planOf(source: string, choices: PlanChoices = {}): ReturnType<typeof buildPlan> {
  return buildPlan({
    runbook: parseRunbook(source, 'test.yaml'),
    file: '/srv/runbooks/test.yaml',
    dir: '/srv/runbooks',
    source: sha256(source),
    trusted: true,
    environment: anEnvironment(),
    given: {},
    processEnv: { PATH: '/usr/bin', HOME: '/home/ana', EDITOR: 'vi' },
    run: { id: newRunId(), reason: null, ticket: null },
    initiator: { kind: 'person', caller: 'os:ana@web1', person: 'ana', agent: null },
    commit: (path, value) => ({ secret: path, commitment: commitment(salt, path, value) }),
    ...choices,
  });
}

export function aScope(over: Partial<RenderScope> = {}): RenderScope {
  return {
    steps: {},
    run: { id: newRunId(), reason: null, ticket: null },
    initiator: { kind: 'person', caller: 'os:ana@web1', person: 'ana', agent: null },
    host: 'web1',
    uid: 1000,
    ...over,
  };
}

export function stepOf(plan: Plan, id: string): PlannedStep {
  const step = allSteps(plan).find((it) => it.id === id);
  if (step === undefined) {
    throw new Error(`no step ${id}`);
  }
  return step;
}

/** The command of the step `s`. */
export function commandOf(
  source: string,
  choices: PlanChoices = {},
  scope: Partial<RenderScope> = {},
): Command {
  const { plan } = planOf(source, choices);
  return renderStep(plan, stepOf(plan, 's'), aScope(scope));
}

/** Each problem as `line:column message`, with the hint behind ` — `. */
export function problemsOf(source: string): readonly string[] {
  try {
    parseRunbook(source, 'a.yaml');
    return [];
  } catch (error) {
    if (error instanceof InvalidFileError) {
      return error.problems.map(
        ({ line, column, message, hint }) =>
          `${line}:${column} ${message}${hint === undefined ? '' : ` — ${hint}`}`,
      );
    }
    throw error;
  }
}
