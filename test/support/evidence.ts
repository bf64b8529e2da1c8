import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestOf } from '../../src/audit/bundle/compose-bundle.ts';
import { readTar, writeTar } from '../../src/audit/bundle/tar.ts';
import { RunbookError } from '../../src/base/errors.ts';
import type { Engine } from '../../src/engine/engine.ts';
import {
  type ExportedEvidence,
  type ExportInput,
  exportEvidence,
} from '../../src/engine/evidence/export-evidence.ts';
import { verifyBundle } from '../../src/engine/proof/verify-bundle.ts';
import type { CopyInput } from '../../src/engine/proof/verify-copy.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { openApprover } from '../../src/signers/approver.ts';
import { openApproverMemory } from '../../src/signers/approver-memory.ts';
import {
  type Authenticator,
  ecdsaAuthenticator,
  ed25519Authenticator,
  type Passkey,
} from './authenticator.ts';
import { type Colleague, openScene, type Scene } from './scene.ts';
import { tempFolder } from './temp-folder.ts';

/** Everything of a run, unless a test asks for something else. */
export const wholeRun: ExportInput = {
  run: null,
  range: null,
  since: null,
  disclosed: ['plans'],
  stage: () => ({ place: () => undefined, discard: () => undefined }),
  progress: () => undefined,
};

export function exporting(
  scene: Scene,
  input: Partial<ExportInput> = {},
  engine: Engine = scene.engine(),
): Promise<ExportedEvidence> {
  return exportEvidence(engine, { ...wholeRun, ...input });
}

/** As `audit verify FILE` judges it. */
export async function verifying(
  bundle: Buffer,
  input: Partial<CopyInput> = {},
  own: Parameters<typeof verifyBundle>[2] = null,
): Promise<VerifyReport> {
  const file = join(tempFolder(), 'evidence.tar');
  writeFileSync(file, bundle);
  const nothing = {
    keys: [],
    receipts: [],
    pins: [],
    nowMs: Date.now(),
    progress: () => undefined,
  };
  return verifyBundle(file, { ...nothing, ...input }, own);
}

/** What `audit verify` finds, or refuses to read it with. */
export async function codesOf(bundle: Buffer): Promise<readonly string[]> {
  try {
    return (await verifying(bundle)).findings.map(({ code }) => code);
  } catch (error) {
    return error instanceof RunbookError ? [error.code] : [];
  }
}

/** The bundle with other files; by somebody who makes the manifest fit, unless `careless`. */
export function altered(
  bundle: Buffer,
  change: (files: Map<string, Buffer>) => void,
  { careless = false }: { readonly careless?: boolean } = {},
): Buffer {
  const files = new Map(readTar(bundle));
  change(files);
  if (!careless) {
    files.set('MANIFEST', manifestOf(files));
  }
  return writeTar(files);
}

/** People whose keys are in hardware: lee's security key, pat's passkey, max's of the other kind. */
export interface TouchScene extends Scene {
  readonly lee: Colleague;
  readonly pat: Colleague;
  readonly max: Colleague;
  readonly security: Authenticator;
  readonly passkey: Passkey;
}

/** Where the passkey's owner approves. */
export const page = 'https://runbook.example.com';

/** Ana starts; four people approve, each a step of their own, each with another kind of key. */
export async function openTouchScene(): Promise<TouchScene> {
  const security = ed25519Authenticator('ssh:');
  const passkey = ecdsaAuthenticator('example.com');
  const other = ecdsaAuthenticator('ssh:');
  const flags = 0x05;
  const scene = openScene({
    runbook: `name: touch
steps:
  - { id: by_key, privileged: true, run: echo one }
  - { id: by_security_key, privileged: true, tags: [touch], run: echo two }
  - { id: by_passkey, privileged: true, tags: [touch], run: echo three }
  - { id: by_other_key, privileged: true, tags: [touch], run: echo four }
`,
    morePeople: [
      `  - { name: lee, groups: [sre], ssh_keys: ["${security.publicKey}"] }`,
      `  - { name: pat, groups: [sre], ssh_keys: ["${passkey.publicKey}"] }`,
      `  - { name: max, groups: [sre], ssh_keys: ["${other.publicKey}"] }`,
    ].join('\n'),
    policy: `rules:
  - name: touched
    when: '"touch" in step.tags'
    require: { approvals: [{ id: peer, from: ["*"], assurance: A3, presence: true }] }
`,
  });
  const who = (name: string, key: { readonly publicKey: string }, sign: Sign): Colleague => ({
    name,
    signer: {
      publicKey: key.publicKey,
      sign: async (namespace, message) => sign({ namespace, message, flags }).toString('base64'),
    },
    approver: openApprover(
      openApproverMemory(join(scene.dir, `.memory-${name}`), scene.state),
      scene.clock,
    ),
  });
  const people = {
    lee: who('lee', security, security.touch),
    pat: who('pat', passkey, (touch) => passkey.approveOn({ ...touch, origin: page })),
    max: who('max', other, other.touch),
  };
  const { run } = await scene.exec();
  for (const person of [scene.people.robin, people.lee, people.pat, people.max]) {
    await scene.decide(person, 'approve');
    await scene.resume(run);
  }
  return { ...scene, ...people, security, passkey };
}

type Sign = (touch: {
  readonly namespace: string;
  readonly message: Buffer;
  readonly flags: number;
}) => Buffer;
