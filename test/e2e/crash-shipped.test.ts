import { expect, test } from 'vitest';
import { stopEverywhere } from '../crash/crash-at.ts';
import {
  clusterWorld,
  exportWorld,
  rotationWorld,
  tellShipped,
  type World,
} from '../crash/shipped.ts';

test.each<[string, () => World | Promise<World>]>([
  ['restart-cluster', clusterWorld],
  ['export-database', exportWorld],
  ['rotate-secret', rotationWorld],
])('stopped at any commit, `%s` succeeds in the end and takes effect once', async (name, open) => {
  const world = await open();
  try {
    expect(await stopEverywhere(() => tellShipped(name, world))).toBeGreaterThan(15);
  } finally {
    world.close();
  }
});
