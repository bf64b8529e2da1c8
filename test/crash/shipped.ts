import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { expect } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import { openScene } from '../support/scene.ts';
import type { Telling } from './crash-at.ts';

const runbooks = fileURLToPath(new URL('../../runbooks', import.meta.url));

/** What a shipped runbook acts on, as real as one machine allows. */
export interface World {
  readonly env: Readonly<Record<string, string>>;
  readonly config: string;
  /** The privileged step, and how often it may take effect when somebody has it tried again. */
  readonly gate: string;
  readonly atMost: number;
  /** Sets the stage once more; answers what can be seen of this telling alone. */
  begin(): Promise<Stage>;
  close(): void;
}

export interface Stage {
  readonly given: Readonly<Record<string, Json>>;
  /** How often the privileged step took effect. */
  readonly times: () => Promise<number>;
}

/** One telling of a shipped runbook. */
export function tellShipped(name: string, world: World): Promise<Telling> {
  return tellIn(world, readFileSync(join(runbooks, `${name}.yaml`), 'utf8'));
}

/** One telling of a runbook: told to its end it succeeds, and its privileged step took effect. */
export async function tellIn(world: World, text: string): Promise<Telling> {
  const scene = openScene({ runbook: text, env: world.env, config: world.config });
  const { given, times } = await world.begin();
  const story = {
    scene,
    source: { dir: runbooks, text },
    given,
    environment: null,
    decision: 'approve' as const,
    settle: async (step: string) =>
      step === world.gate && (await times()) > 0 ? ('succeeded' as const) : ('retry' as const),
  };
  const check = async ({ status }: { readonly status: string }) => {
    expect(status).toBe('succeeded');
    expect(await times()).toBeGreaterThan(0);
    expect(await times()).toBeLessThanOrEqual(world.atMost);
  };
  return { story, effects: () => [], check };
}

const plain = { env: {}, config: '', atMost: 1 };

/** A real SQLite file; every telling copies it to another place. */
export function exportWorld(): World {
  const dir = mkdtempSync(join(tmpdir(), 'export-world-'));
  const database = join(dir, 'source.db');
  const source = new Sqlite(database);
  source.exec(`create table person (name text); insert into person values ('Ana'), ('Robin')`);
  source.close();
  let count = 0;
  return {
    ...plain,
    gate: 'export',
    begin: async () => {
      count += 1;
      const output = join(dir, `copy-${count}.sqlite`);
      return { given: { database, output }, times: async () => (existsSync(output) ? 1 : 0) };
    },
    close: () => rmSync(dir, { recursive: true }),
  };
}

/** A real service that reloads its secret file. */
export async function rotationWorld(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'rotation-world-'));
  const file = join(dir, 'secret');
  const service = spawn(join(runbooks, 'rotate-secret/service.mjs'), [file]);
  const said: unknown[] = await once(service.stdout, 'data');
  const url = String(said[0]).trim();
  return {
    ...plain,
    gate: 'rotate',
    begin: async () => {
      const [before, previous] = [readFileSync(file, 'utf8'), textOf(`${file}.previous`)];
      return {
        given: { service: url, file },
        // The old secret is kept beside the new one: twice would lose it.
        times: async () => {
          const after = textOf(`${file}.previous`);
          return after === previous ? 0 : after === before ? 1 : 2;
        },
      };
    },
    close: () => {
      service.kill();
      rmSync(dir, { recursive: true });
    },
  };
}

/** Three real nodes that are restarted one after the other. */
export async function clusterWorld(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'cluster-world-'));
  const home = join(dir, 'cluster');
  const up = spawn(join(runbooks, 'restart-cluster/cluster'), ['up', home]);
  const said: unknown[] = await once(up.stdout, 'data');
  const api = String(said[0]).trim();
  const incarnations = async (): Promise<readonly number[]> => {
    const health = (await (await fetch(`${api}/health`)).json()) as {
      nodes: readonly { incarnation: number }[];
    };
    return health.nodes.map(({ incarnation }) => incarnation);
  };
  return {
    ...plain,
    gate: 'restart',
    env: { CLUSTER_HOME: home },
    config: `
default_environment: demo
environments:
  demo: { vars: { api: '${api}' } }`,
    begin: async () => {
      const before = await incarnations();
      return {
        given: {},
        times: async () => {
          const after = await incarnations();
          return Math.max(...after.map((now, node) => now - (before[node] ?? 0)));
        },
      };
    },
    // Its processes end by themselves when the folder is gone.
    close: () => rmSync(dir, { recursive: true }),
  };
}

/** A server that counts what was posted to it. */
export async function serverWorld(): Promise<World> {
  let posts = 0;
  const server = createServer((request, response) => {
    posts += request.method === 'POST' ? 1 : 0;
    response.end(JSON.stringify({ posts }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    ...plain,
    gate: 'change',
    begin: async () => {
      posts = 0;
      return { given: { url: `http://127.0.0.1:${port}` }, times: async () => posts };
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A program on PATH that answers like the real one, by how often it changed something since `begin`. */
function standIn(
  program: string,
  of: Pick<Stage, 'given'> &
    Pick<World, 'gate' | 'atMost'> & { readonly changes: string; readonly answers: string },
): World {
  const { given, gate, atMost } = of;
  const dir = mkdtempSync(join(tmpdir(), 'stand-in-'));
  const changes = join(dir, 'changes');
  const script = `#!/bin/sh
n=$(grep -c . ${changes})
case "$*" in ${of.changes}) echo changed >> ${changes} ;; esac
case "$*" in
${of.answers}
*) exit 64 ;;
esac
`;
  writeFileSync(join(dir, program), script);
  chmodSync(join(dir, program), 0o755);
  return {
    ...plain,
    gate,
    atMost,
    env: { PATH: `${dir}${delimiter}${process.env['PATH'] ?? ''}`, PGPASSWORD: 'a secret value' },
    begin: async () => {
      writeFileSync(changes, '');
      return { given, times: async () => readFileSync(changes, 'utf8').split('\n').length - 1 };
    },
    close: () => rmSync(dir, { recursive: true }),
  };
}

export const kubernetesWorld = (): World =>
  standIn('kubectl', {
    gate: 'restart',
    atMost: 1,
    given: { context: 'prod', deployment: 'web' },
    changes: '*"rollout restart"*',
    answers: `*"can-i"*) echo yes ;;
*"rollout "*) echo ok ;;
*" get "*) echo "{\\"spec\\": {\\"replicas\\": 3}, \\"metadata\\": {\\"generation\\": $n},
  \\"status\\": {\\"readyReplicas\\": 3, \\"updatedReplicas\\": 3, \\"observedGeneration\\": $n}}" ;;`,
  });

export const postgresWorld = (): World =>
  standIn('psql', {
    gate: 'kill',
    atMost: 2,
    given: { host: 'db1', database: 'shop' },
    changes: '*kill.sql*',
    answers: `*kill.sql*) echo '{"ended": 1}' ;;
*list.sql*) [ "$n" -gt 0 ] && echo '{"count": 0, "pids": []}' || echo '{"count": 1, "pids": [7]}' ;;`,
  });

export const awsWorld = (): World =>
  standIn('aws', {
    gate: 'scale',
    atMost: 2,
    given: { cluster: 'shop', service: 'web', tasks: 4 },
    changes: '*update-service*',
    answers: `*update-service*) echo '{"service": {"desiredCount": 4}}' ;;
*" wait "*) ;;
*describe-services*) [ "$n" -gt 0 ] && n=4 || n=2
  echo "{\\"services\\": [{\\"status\\": \\"ACTIVE\\", \\"deployments\\": [1], \\"desiredCount\\": $n, \\"runningCount\\": $n}]}" ;;`,
  });

export const sshWorld = (): World =>
  standIn('ssh', {
    gate: 'drain',
    atMost: 2,
    given: { host: 'web1' },
    changes: '*-enable*',
    answers: `*-enable*) ;;
*status*) [ "$n" -gt 0 ] && s=ineligible || s=eligible
  echo "{\\"ID\\": \\"n1\\", \\"SchedulingEligibility\\": \\"$s\\", \\"DrainStrategy\\": null}" ;;`,
  });

function textOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
