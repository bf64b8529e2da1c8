import { expect, test } from 'vitest';
import { listRequests, listRuns } from '../../src/engine/report/list-runs.ts';
import { openScene } from '../support/scene.ts';

const gated = `
name: gated
steps:
  - { id: change, privileged: true, exec: [echo, done] }
`;

test('a long list lets others have their turn between two runs', async () => {
  const scene = openScene({ runbook: gated });
  const engine = scene.engine();
  for (let count = 0; count < 3; count += 1) {
    await scene.exec();
  }
  for (const list of [() => listRuns(engine, { limit: 3 }), () => listRequests(engine, true)]) {
    let turns = 0;
    let over = false;
    const turn = () => {
      turns += 1;
      if (!over) {
        setImmediate(turn);
      }
    };
    setImmediate(turn);
    expect(await list()).toHaveLength(3);
    over = true;
    expect(turns).toBeGreaterThanOrEqual(3);
  }
});
