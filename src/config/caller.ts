import type { Caller } from '../approval/people/initiator.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Who calls, as the operating system says; variables may only add to it. */
export function callerOf(env: Env, osUser: string): Caller {
  const github = env['GITHUB_ACTIONS'] === 'true' ? env['GITHUB_REPOSITORY'] : undefined;
  return {
    osUser,
    sudoUser: env['SUDO_USER'],
    agent: env['RUNBOOK_AGENT'],
    onBehalfOf: env['RUNBOOK_ON_BEHALF_OF'] || undefined,
    ci: github === undefined ? undefined : { identity: `github/${github}`, actor: actorOf(env) },
  };
}

function actorOf(env: Env): string | undefined {
  const actor = env['GITHUB_ACTOR'];
  return actor === undefined ? undefined : `github/${actor}`;
}
