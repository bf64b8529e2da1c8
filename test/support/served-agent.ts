import { expect } from 'vitest';
import {
  callerAccount,
  type Home,
  homeOf,
  programForAll,
  type Serving,
  serverAccount,
  startServing,
} from './serving.ts';

/** A runbook with a privileged step, which says how often it ran. */
export const restartFile = {
  'runbooks/restart.yaml': `name: restart
description: Restart the service.
steps:
  - { id: look, run: echo looking }
  - { id: restart, privileged: true, run: echo restarted >> ran.txt; cat ran.txt }
`,
};

/** The program as it is shipped: a server under its own account, and `deploy-bot` under another that calls it. */
export interface ServedAgent {
  readonly server: Home;
  readonly agent: Home;
  readonly serving: Serving;
  /** The variables by which the agent's commands go to the server. */
  readonly asAgent: Readonly<Record<string, string>>;
  /** The agent asks for a restart, which waits. */
  readonly start: () => Promise<Started>;
}

interface Started {
  readonly run: string;
  readonly requests: readonly { readonly request: string }[];
}

/** The server's files say who is who, and what it is reached by; `secrets` are what it finds in its environment. */
export async function openServedAgent(
  files: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): Promise<ServedAgent> {
  const program = programForAll();
  const server = homeOf(program, serverAccount, { ...restartFile, ...files });
  const agent = homeOf(program, callerAccount);
  const flags = ['--agent', 'deploy-bot', '--scope', 'start'];
  const made = await server.run(['token', 'create', ...flags]);
  expect(made.stderr).not.toContain('error');
  const serving = await startServing(server, serverEnv(server, secrets));
  const asAgent = { RUNBOOK_SERVER: serving.url, RUNBOOK_TOKEN: made.stdout.trim() };
  const start = async (): Promise<Started> => {
    const started = await agent.run(['exec', 'restart', '--json'], asAgent);
    expect([started.exitCode, started.stderr]).toEqual([10, '']);
    return JSON.parse(started.stdout) as Started;
  };
  return { server, agent, serving, asAgent, start };
}

/** What processes of an account that keeps a journal are started with. */
export function serverEnv(
  { dir }: Home,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { ...secrets, RUNBOOK_PATH: `${dir}/runbooks` };
}

/** The one decision of a run, as its entry has it. */
export async function decisionIn(home: Home, run: string): Promise<unknown> {
  const log = await home.run(['audit', 'log', run, '--json']);
  const { entries } = JSON.parse(log.stdout) as {
    readonly entries: readonly { readonly index: number; readonly type: string }[];
  };
  const decided = entries.filter(({ type }) => type === 'approval.decided');
  expect(decided.length).toBe(1);
  const shown = await home.run(['audit', 'show', String(decided[0]?.index)]);
  return (JSON.parse(shown.stdout) as { readonly leaf: { readonly data: unknown } }).leaf.data;
}
