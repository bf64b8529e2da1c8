import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunId } from '../../src/base/ids.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { DriveOptions } from '../../src/engine/service.ts';
import type { Store } from '../../src/store/store.ts';
import { type Colleague, driving, type Scene } from '../support/scene.ts';

/** `scene.exec` over another store than the scene's own. */
export async function execOn(scene: Scene, store: Store): Promise<RunReport> {
  return driveOn(scene, store, await startOn(scene, store));
}

/** Records a run, and drives nothing yet. */
function startOn(scene: Scene, store: Store): Promise<RunId> {
  const text = readFileSync(join(scene.dir, 'runbook.yaml'), 'utf8');
  return scene.service(store).start({
    source: { name: null, file: 'runbook.yaml', dir: scene.dir, text, trusted: false },
    given: {},
    environment: null,
    reason: null,
    ticket: null,
  });
}

export async function resumeOn(
  scene: Scene,
  store: Store,
  run: string,
  options: Partial<DriveOptions> = {},
): Promise<RunReport> {
  return driveOn(scene, store, await scene.service(store).resume({ run, given: {} }), options);
}

export function driveOn(
  scene: Scene,
  store: Store,
  run: RunId,
  options: Partial<DriveOptions> = {},
): Promise<RunReport> {
  return scene.service(store).drive(run, { ...driving(scene), ...options });
}

/** A signed resolution of the latest run's step. */
export async function resolveBy(
  scene: Scene,
  who: Colleague,
  of: { readonly step: string; readonly outcome: 'succeeded' | 'failed' | 'retry' },
): Promise<RunReport> {
  const service = scene.service();
  const { run } = await service.status(null);
  const proven = await who.approver.read((seen) => service.reviewStarted(run, of.step, seen));
  const choice = { outcome: of.outcome, reason: 'looked at it' };
  const { signed } = await who.approver.resolve(proven, who.signer, choice);
  return service.resolve({ run, step: of.step, ...choice, signed });
}
