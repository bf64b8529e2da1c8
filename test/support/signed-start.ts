import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../../src/approval/people/initiator.ts';
import {
  encodeStart,
  type StartStatement,
  startNamespace,
} from '../../src/approval/statement/start-statement.ts';
import type { SignedStatement } from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newNonce, newRunId, type RunId } from '../../src/base/ids.ts';
import type { StartInput } from '../../src/engine/service.ts';
import { signedAsk } from '../../src/run/signed-ask.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { driving, type Scene } from './scene.ts';

/** What is started where nothing else is said: `runbook.yaml` of the scene. */
export function startOf(scene: Scene, more: Partial<StartInput> = {}): StartInput {
  const text = readFileSync(join(scene.dir, 'runbook.yaml'), 'utf8');
  return {
    source: { name: null, file: 'runbook.yaml', dir: scene.dir, text, trusted: false },
    given: {},
    environment: null,
    reason: null,
    ticket: null,
    ...more,
  };
}

/** A start as any client could sign it, honest but for `changes`. */
export async function signStart(
  scene: Scene,
  signer: ApproverSigner,
  changes: Partial<StartStatement> & { readonly person: string },
): Promise<StartInput & { readonly run: RunId; readonly signed: SignedStatement }> {
  await scene.service().initialise();
  const input = startOf(scene);
  const { plan } = await scene.service().plan(input);
  const run = changes.run ?? newRunId();
  const statement: StartStatement = {
    v: 1,
    act: 'start',
    run,
    runbook: 'gated',
    source: sha256(input.source.text),
    environment: 'local',
    reason: null,
    asked: signedAsk(input, plan.params),
    time: new Date(scene.clock.now().wallMs).toISOString(),
    nonce: newNonce(),
    log: await seenHead(scene),
    ...changes,
  };
  const text = encodeStart(statement);
  const signature = await signer.sign(startNamespace, Buffer.from(text));
  return { ...input, run, signed: { statement: text, signature } };
}

/** A resumption likewise. */
export async function signResume(
  scene: Scene,
  signer: ApproverSigner,
  changes: Partial<StartStatement> & { readonly person: string; readonly run: RunId },
): Promise<SignedStatement> {
  const said = { act: 'resume', source: null, asked: null, ...changes } as const;
  return (await signStart(scene, signer, said)).signed;
}

/** Starts as `caller` and drives as `exec --no-wait` does. */
export async function execAs(scene: Scene, caller: Partial<Caller>, input: StartInput) {
  const door = scene.service(undefined, caller);
  return door.drive(await door.start(input), driving(scene));
}

async function seenHead(scene: Scene): Promise<StartStatement['log']> {
  const { store } = scene.engine();
  const { size, note } = await store.head();
  return { origin: store.origin, size, root: note.split('\n')[2] ?? '' };
}
