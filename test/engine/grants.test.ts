import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { StartInput } from '../../src/engine/service.ts';
import type { Recorded, StepStarted } from '../../src/run/events.ts';
import { driving, openScene, type Scene, type SceneOptions } from '../support/scene.ts';

const shards = `
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

export const grantPolicy = `
grants:
  - name: shards
    when: step.id == "restart"
    vary: { shard: { type: integer, min: 1, max: 8 } }
    max_uses: 3
    for: 20m
`;

const files = { 'restart.sh': 'echo "$SHARD" >> ran.txt\n' };

function openShards(options: Partial<SceneOptions> = {}): Scene {
  return openScene({ runbook: shards, files, policy: grantPolicy, ...options });
}

async function start(
  scene: Scene,
  given: Readonly<Record<string, Json>>,
  more: Partial<StartInput> & { readonly as?: string } = {},
): Promise<RunReport> {
  const { as, ...input } = more;
  const door = scene.service(undefined, as === undefined ? {} : { osUser: as });
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

/** Ana asks for shard 1 under the grant, robin approves, and the run ends well. */
async function lend(scene: Scene): Promise<RunReport> {
  const { run } = await start(scene, { shard: 1 }, { reuse: 'shards' });
  await scene.decide(scene.people.robin, 'approve');
  return scene.resume(run);
}

function starts(scene: Scene): readonly StepStarted[] {
  return scene.entries.flatMap(({ event }: Recorded) =>
    event.type === 'step.started' ? event.data : [],
  );
}

function ran(scene: Scene): string {
  return readFileSync(join(scene.dir, 'ran.txt'), 'utf8');
}

describe('an approval that holds for more than one run', () => {
  test('starts later runs within its terms, and asks again when its uses are spent', async () => {
    const scene = openShards();
    expect((await lend(scene)).status).toBe('succeeded');
    expect((await start(scene, { shard: 5 })).status).toBe('succeeded');
    expect((await start(scene, { shard: 8 })).status).toBe('succeeded');
    expect((await start(scene, { shard: 2 })).status).toBe('waiting');
    expect(ran(scene)).toBe('1\n5\n8\n');
    expect(starts(scene).map(({ permit }) => permit)).toMatchObject([
      { kind: 'grant', use: 1, holes: { 'params.shard': 1 } },
      { kind: 'grant', use: 2, holes: { 'params.shard': 5 }, approved_by: ['robin'] },
      { kind: 'grant', use: 3, holes: { 'params.shard': 8 }, approved_by: ['robin'] },
    ]);
    const report = await scene.service().verify({ receipts: [], pins: [], progress: () => undefined });
    expect(report.findings).toEqual([]);
  });
});
