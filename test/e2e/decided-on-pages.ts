import { expect } from 'vitest';
import { approvalNamespace } from '../../src/approval/statement/statement.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type LoginScene, openLoginScene } from '../support/by-login.ts';
import { exporting } from '../support/evidence.ts';
import { type Device, enrolled } from '../support/passkeys.ts';

/** What people decided in a browser, for tests of the bundles that it goes into. */
export interface DecidedOnPages {
  readonly scene: LoginScene;
  /** Robin's, by whose signature the first run went on. */
  readonly device: Device;
  readonly passkey: string;
  readonly runs: readonly [string, string];
}

/** Robin approves one run with an invited passkey, and another by logging in anew. */
export async function decidedOnPages(): Promise<DecidedOnPages> {
  const scene = await openLoginScene();
  const { device, passkey } = await enrolled(keeper(scene), 'robin');
  const first = await scene.exec();
  const statement = await scene.as('robin').prepareDecision(await scene.own());
  await scene.as('robin').decide(device.sign(approvalNamespace, statement), 'web');
  expect((await scene.resume(first.run)).status).toBe('succeeded');
  const second = await scene.exec();
  await scene.login('robin');
  expect((await scene.resume(second.run)).status).toBe('succeeded');
  return { scene, device, passkey: passkey.passkey, runs: [first.run, second.run] };
}

/** The account that keeps the journal. */
export const keeper = (scene: LoginScene): Engine => ({
  ...scene.engine(),
  caller: { osUser: scene.engine().account },
});

/** A bundle of every entry. */
export async function wholeLog(scene: LoginScene): Promise<Buffer> {
  const { size } = await scene.engine().store.head();
  return (await exporting(scene, { range: { from: '0', to: String(size) } })).bundle;
}
