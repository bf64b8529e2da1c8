import { canonicalize } from '../base/jcs.ts';
import { type Config, environmentOf } from '../policy/config.ts';
import type { RunStarted } from '../run/events.ts';
import type { Rules } from '../run/judge.ts';
import { allSteps, type Plan } from '../runbook/plan.ts';

/** The trusted files that one `config.set` put in force. */
export interface InForce {
  readonly rules: Rules;
  readonly config: Config;
}

/**
 * What a frozen plan claims about its surroundings, held against the configuration then in force: the
 * environment decides which steps are privileged and which hosts are reached. In words; empty where it
 * holds. Whether a file really lay in a trusted folder only its path can tell.
 */
export function judgePlan(
  plan: Plan,
  data: RunStarted,
  { rules, config }: InForce,
): readonly string[] {
  const { environment, runbook } = plan;
  const flaws: string[] = [];
  if (data.config !== rules.config) {
    flaws.push(`it was planned under entry ${data.config}, but entry ${rules.config} was in force`);
  }
  if (!isListed(plan, data)) {
    flaws.push('it has other steps than its entry lists, or others of them are privileged');
  }
  if (!isDescribed(plan, config)) {
    flaws.push(
      `its environment \`${environment.name}\` is not the one that \`config.yaml\` describes`,
    );
  }
  if (runbook.trusted && !config.trustedFolders.some((folder) => isBelow(folder, runbook.dir))) {
    flaws.push(`it counts as trusted, but \`${runbook.dir}\` lies in no trusted folder`);
  }
  if (
    environment.protected &&
    !runbook.trusted &&
    allSteps(plan).some((step) => !step.privileged)
  ) {
    flaws.push('it comes from outside the trusted folders, and not every step is privileged');
  }
  return flaws;
}

/** Once the plan is gone its entry alone says which steps were privileged. */
function isListed(plan: Plan, { steps }: RunStarted): boolean {
  const own = allSteps(plan);
  return (
    own.length === steps.length &&
    own.every(({ id, list, privileged }, at) => {
      const said = steps[at];
      return said?.id === id && said.list === list && said.privileged === privileged;
    })
  );
}

function isDescribed({ environment }: Plan, config: Config): boolean {
  const names = [...Object.keys(config.environments), 'local'];
  return (
    names.includes(environment.name) &&
    canonicalize(environmentOf(config, environment.name)) === canonicalize(environment)
  );
}

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
