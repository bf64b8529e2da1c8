import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'vitest';
import type { RequestFile } from '../../src/approval/request-file.ts';
import {
  approvalNamespace,
  encodeStatement,
  type Resolution,
  resolveNamespace,
  type SignedStatement,
  type Statement,
} from '../../src/approval/statement/statement.ts';
import { newNonce, type RunId, type Sha256 } from '../../src/base/ids.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import { pkcs8Signer } from '../../src/signers/pkcs8.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { Stopped } from '../support/crashing-store.ts';
import { driving, type Scene } from '../support/scene.ts';

/** A key that nobody enrolled yet. */
export function aKey(): ApproverSigner {
  return pkcs8Signer(generateKeyPairSync('ed25519').privateKey);
}

/** What a hostile client hands in: any statement about the open request, under any key. */
export async function forgeDecision(
  scene: Scene,
  signer: ApproverSigner,
  changes: Partial<Statement> & { readonly person: string },
): Promise<SignedStatement> {
  return signDecision(await scene.service().review(null, null), signer, changes);
}

/** As `forgeDecision`, about the request in a file that was exported at some time. */
export async function signDecision(
  file: RequestFile,
  signer: ApproverSigner,
  changes: Partial<Statement> & { readonly person: string },
): Promise<SignedStatement> {
  const { data } = leafOf(file);
  const statement: Statement = {
    v: 1,
    decision: 'approve',
    request: hashOf(file),
    commands: data.commands.map(({ digest }) => digest),
    environment: data.target.environment,
    policy_digest: data.policy.evaluation.policy_digest as Sha256,
    slots: data.policy.slots.map(({ id }) => id),
    reason: null,
    time: new Date().toISOString(),
    nonce: newNonce(),
    log: seenIn(file),
    ...changes,
  };
  const text = encodeStatement(statement);
  return { statement: text, signature: await signer.sign(approvalNamespace, Buffer.from(text)) };
}

/** The same for the settling of a step whose outcome is unknown. */
export async function forgeResolution(
  scene: Scene,
  signer: ApproverSigner,
  of: Partial<Resolution> & { readonly run: RunId; readonly step: string; readonly person: string },
): Promise<SignedStatement> {
  const file = await scene.service().reviewStarted(of.run, of.step, null);
  const resolution: Resolution = {
    v: 1,
    decision: 'resolve',
    outcome: 'retry',
    attempt: 1,
    started: hashOf(file),
    reason: 'I looked',
    time: new Date().toISOString(),
    nonce: newNonce(),
    log: seenIn(file),
    ...of,
  };
  const text = encodeStatement(resolution);
  return { statement: text, signature: await signer.sign(resolveNamespace, Buffer.from(text)) };
}

interface RequestLeaf {
  readonly data: {
    readonly commands: readonly { readonly digest: Sha256 }[];
    readonly target: { readonly environment: string };
    readonly policy: {
      readonly slots: readonly { readonly id: string }[];
      readonly evaluation: { readonly policy_digest: string };
    };
  };
}

function leafOf(file: RequestFile): RequestLeaf {
  return JSON.parse(Buffer.from(file.leaf, 'base64').toString('utf8')) as RequestLeaf;
}

function hashOf(file: RequestFile): Sha256 {
  return leafHash(Buffer.from(file.leaf, 'base64')).toString('hex') as Sha256;
}

/** The head that the file's proofs lead to. */
export function seenIn({ checkpoint }: RequestFile): Statement['log'] {
  const [origin = '', size = '', root = ''] = checkpoint.split('\n');
  return { origin, size: Number(size), root };
}

/** A started step that nobody knows the outcome of: its driver ended between the entry and the spawn. */
export async function leaveUnknown(scene: Scene, run: RunId): Promise<void> {
  const store = scene.openStore();
  const commit = store.commit.bind(store);
  store.commit = async (input) => {
    const committed = await commit(input);
    if (input.commandId.startsWith('start.restart')) {
      throw new Stopped('after `step.started`');
    }
    return committed;
  };
  await expect(scene.service(store).drive(run, driving(scene))).rejects.toThrow(Stopped);
  await store.close();
  const report = await scene.service().drive(run, driving(scene));
  expect(report).toMatchObject({ status: 'unknown', exit_code: 15 });
}
