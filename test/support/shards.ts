import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/base/json.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { Service, StartInput } from '../../src/engine/service.ts';
import type { StepStarted } from '../../src/run/events.ts';
import { driving, openScene, type Scene, type SceneOptions } from './scene.ts';

const runbook = `
name: shards
params:
  shard: { type: integer }
  mode: { type: string, default: soft }
env:
  SHARD: \${{ params.shard }}
steps:
  - id: restart
    privileged: true
    exec: [sh, ./restart.sh, --mode, "\${{ params.mode }}"]
    files: [./restart.sh]
`;

export const shardsPolicy = `
grants:
  - name: shards
    when: step.id == "restart"
    vary: { shard: { type: integer, min: 1, max: 8 } }
    max_uses: 3
    for: 20m
`;

/** A step whose approval may hold for three shards in 20 minutes; each start appends its shard to `ran.txt`. */
export function openShards(options: Partial<SceneOptions> = {}): Scene {
  const files = { 'restart.sh': 'echo "$SHARD" >> ran.txt\n' };
  return openScene({ runbook, files, policy: shardsPolicy, ...options });
}

/** Starts a run and drives it until it ends or waits. */
export async function startShard(
  scene: Scene,
  given: Readonly<Record<string, Json>>,
  more: Partial<StartInput> & { readonly by?: Service } = {},
): Promise<RunReport> {
  const { by: door = scene.service(), ...input } = more;
  const source = {
    name: null,
    file: 'runbook.yaml',
    dir: scene.dir,
    text: readFileSync(join(scene.dir, 'runbook.yaml'), 'utf8'),
    trusted: false,
  };
  const asked = { source, given, environment: null, reason: null, ticket: null, ...input };
  return door.drive(await door.start(asked), driving(scene));
}

/** Ana asks for shard 1 so that the approval holds for others, robin approves, and the run ends well. */
export async function lendShards(scene: Scene): Promise<RunReport> {
  const { run } = await startShard(scene, { shard: 1 }, { reuse: 'shards' });
  await scene.decide(scene.people.robin, 'approve');
  return scene.resume(run);
}

/** Every recorded start, in the order the scene heard of them. */
export function startsIn(scene: Scene): readonly StepStarted[] {
  return scene.entries.flatMap(({ event }) => (event.type === 'step.started' ? event.data : []));
}

export function ranIn(scene: Scene): string {
  const file = join(scene.dir, 'ran.txt');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
