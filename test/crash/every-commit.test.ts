import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene } from '../support/scene.ts';
import { stopEverywhere, type Telling } from './crash-at.ts';
import { keepInMemory } from './in-memory.ts';
import { serverWorld, tellIn } from './shipped.ts';
import { type Synthetic, synthetic } from './synthetic.ts';

keepInMemory();

describe('stopped at any commit, a run goes on to an end and nothing ran that nobody allowed', () => {
  test.each(Object.entries(synthetic))(
    '%s',
    async (_, of) => {
      let undisturbed = '';
      const crashes = await stopEverywhere(async () => {
        const telling = tellSynthetic(of);
        return {
          ...telling,
          check: async ({ status }) => {
            undisturbed = status;
          },
        };
      });
      expect(crashes).toBeGreaterThan(15);
      expect(undisturbed).toBe(of.ends);
    },
    60_000,
  );

  test('steps that are HTTP requests', async () => {
    const world = await serverWorld();
    try {
      expect(await stopEverywhere(() => tellIn(world, overHttp))).toBeGreaterThan(15);
    } finally {
      world.close();
    }
  }, 60_000);
});

const overHttp = `
name: over-http
params:
  url: { type: string }
steps:
  - id: look
    http: GET \${{ params.url }}/
    outputs: { posts: response.json.posts }
  - id: change
    privileged: true
    http: { method: POST, url: "\${{ params.url }}/change", json: { seen: "\${{ steps.look.outputs.posts }}" } }
  - id: verify
    http: GET \${{ params.url }}/
    expect: { that: response.json.posts == 1 }
`;

function tellSynthetic(of: Synthetic): Omit<Telling, 'check'> {
  const scene = openScene(of);
  const effects = () => linesOf(join(scene.dir, 'effects'));
  const story = {
    scene,
    source: { dir: scene.dir, text: of.runbook },
    given: of.given ?? {},
    environment: null,
    decision: of.decision ?? 'approve',
    settle: async (_step: string, token: string) =>
      of.insists ?? (effects().includes(token) ? ('succeeded' as const) : ('retry' as const)),
  };
  return { story, effects };
}

function linesOf(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}
