import { expect, test } from 'vitest';
import { stopEverywhere } from '../crash/crash-at.ts';
import { keepInMemory } from '../crash/in-memory.ts';
import {
  awsWorld,
  clusterWorld,
  exportWorld,
  kubernetesWorld,
  postgresWorld,
  rotationWorld,
  sshWorld,
  tellShipped,
  type World,
} from '../crash/shipped.ts';

keepInMemory();

test.each<[string, () => World | Promise<World>]>([
  ['restart-cluster', clusterWorld],
  ['export-database', exportWorld],
  ['rotate-secret', rotationWorld],
  ['kubernetes-rollout-restart', kubernetesWorld],
  ['postgres-kill-long-queries', postgresWorld],
  ['aws-scale-service', awsWorld],
  ['ssh-drain-host', sshWorld],
])(
  'stopped at any commit, `%s` succeeds in the end and takes effect as often as it may',
  async (name, open) => {
    const world = await open();
    try {
      expect(await stopEverywhere(() => tellShipped(name, world))).toBeGreaterThan(15);
    } finally {
      world.close();
    }
  },
);
