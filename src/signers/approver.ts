import type { StartMeant } from '../approval/court/judge-start.ts';
import type { RequestContent } from '../approval/request.ts';
import type { RequestFile } from '../approval/request-file.ts';
import type { Pin, Receipt } from '../approval/statement/receipt.ts';
import {
  encodeReview,
  type ReviewFinding,
  reviewNamespace,
} from '../approval/statement/review-statement.ts';
import { encodeStart, startNamespace } from '../approval/statement/start-statement.ts';
import {
  approvalNamespace,
  encodeStatement,
  type Resolution,
  resolveNamespace,
  type Statement,
} from '../approval/statement/statement.ts';
import { type Clock, formatTime } from '../base/clock.ts';
import { sha256Bytes } from '../base/digest.ts';
import { DeniedError, IntegrityError, UsageError } from '../base/errors.ts';
import { newNonce, type RunId, type Sha256 } from '../base/ids.ts';
import { decodeLeaf, type Leaf, leafHash } from '../journal/leaf.ts';
import { checkSeenLog } from './seen-log.ts';
import type { ApproverMemory, ApproverSigner } from './signer.ts';

/**
 * The approver's own client: it believes nothing but proofs. It holds what the journal shows against
 * what it saw last, renders from the proven leaf alone, signs, and remembers.
 */
export interface Approver {
  /** Checks a file: signature, inclusion, consistency with the pin, blobs against their ids. Throws IntegrityError. */
  open(file: RequestFile): ProvenRequest;
  /** Signs a decision about a proven request, and remembers the head it saw. */
  decide(proven: ProvenRequest, signer: ApproverSigner, choice: Choice): Promise<Signed>;
  /** Signs how a step whose outcome is unknown is settled. */
  resolve(proven: ProvenRequest, signer: ApproverSigner, choice: ResolveChoice): Promise<Signed>;
  /** Signs what somebody finds of a started step that broke the glass; `request` is its proven request. */
  review(
    proven: ProvenRequest,
    signer: ApproverSigner,
    choice: ReviewChoice & { readonly request: ProvenRequest },
  ): Promise<Signed>;
  /** Signs that a run is started or resumed by the signer's person; `head` is the journal as they see it. */
  start(head: ProvenRequest, signer: ApproverSigner, choice: StartMeant): Promise<Signed>;
  /** Keeps the receipt once the journal said where the decision stands (null: it was not told). Answers the path. */
  keep(signed: Signed, recorded: Receipt['recorded']): string;
  /**
   * Reads from a journal at hand, with the proof from the very head this client has pinned, as `open`.
   * What another window of the same person pins meanwhile cannot make this one look rolled back.
   */
  read(fetch: (seenSize: number | null) => Promise<RequestFile>): Promise<ProvenRequest>;
  pins(): readonly Pin[];
}

export interface ProvenRequest {
  readonly file: RequestFile;
  readonly leaf: Leaf;
  readonly leafHash: Sha256;
  /** `approval.requested` data; null for a started step. */
  readonly content: RequestContent | null;
  readonly pin: Pin;
}

export interface Choice {
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly reason: string | null;
}

export interface ResolveChoice {
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  readonly reason: string;
}

export interface ReviewChoice {
  readonly finding: ReviewFinding;
  readonly reason: string;
}

export interface Signed {
  readonly signed: Receipt['signed'];
  readonly receipt: Receipt;
}

/** Puts the client together. Nothing is written before somebody signs. */
export function openApprover(memory: ApproverMemory, clock: Clock): Approver {
  const now = (): string => formatTime(clock.now().wallMs);
  return {
    open: (file) => openFile(file, memory.pin(file.origin), now()),
    read: async (fetch) => {
      const first = await fetch(null);
      const pin = memory.pin(first.origin);
      return openFile(pin === null ? first : await fetch(pin.size), pin, now());
    },
    decide: async (proven, signer, choice) => {
      const statement = stateDecision(proven, signer, { ...choice, time: now() });
      return sign(memory, proven, { signer, namespace: approvalNamespace, statement });
    },
    resolve: async (proven, signer, choice) => {
      const statement = stateResolution(proven, signer, { ...choice, time: now() });
      return sign(memory, proven, { signer, namespace: resolveNamespace, statement });
    },
    review: async (proven, signer, choice) => {
      const statement = stateReview(proven, signer, { ...choice, time: now() });
      return sign(memory, proven, { signer, namespace: reviewNamespace, statement });
    },
    start: async (head, signer, choice) => {
      const person = whoStarts(head.file, signer);
      const said = { ...choice, person, time: now(), nonce: newNonce(), log: seenLog(head.pin) };
      const statement = encodeStart({ v: 1, ...said });
      return sign(memory, head, { signer, namespace: startNamespace, statement });
    },
    // The head that covers the decision is kept, not pinned: nothing proved yet that it grew out of the pinned one.
    keep: ({ receipt }, recorded) => memory.saveReceipt({ ...receipt, recorded }),
    pins: () => memory.pins(),
  };
}

const leafTypes = {
  'runbook.request/v1': 'approval.requested',
  'runbook.started/v1': 'step.started',
  'runbook.head/v1': 'config.set',
} as const;

function openFile(file: RequestFile, pin: Pin | null, time: string): ProvenRequest {
  const bytes = Buffer.from(file.leaf, 'base64');
  const fromPin = file.consistency.find(({ from }) => from === pin?.size);
  const seen = checkSeenLog({
    note: file.checkpoint,
    verifierKey: file.verifier_key,
    pin,
    inclusion: { index: file.index, leaf: bytes, proof: file.inclusion.map(decode) },
    consistencyProof: fromPin?.proof.map(decode) ?? null,
    keys: file.keys ?? [],
    time,
  });
  const leaf = decodeLeaf(bytes);
  const wanted = leafTypes[file.kind];
  if (leaf.type !== wanted || leaf.origin !== file.origin || leaf.origin !== seen.origin) {
    throw new IntegrityError({
      code: 'E_LEAF',
      message: `the file says that it holds \`${wanted}\` of \`${file.origin}\`, but its leaf is \`${leaf.type}\` of \`${leaf.origin}\``,
    });
  }
  checkBlobs(file);
  // The proven leaf was written by a journal whose key signed it: its shape is that journal's word.
  const content = wanted === 'approval.requested' ? (leaf.data as unknown as RequestContent) : null;
  return { file, leaf, leafHash: leafHash(bytes).toString('hex') as Sha256, content, pin: seen };
}

function decode(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

/** A blob's id commits to its bytes: what is rendered is what the leaf names. */
function checkBlobs(file: RequestFile): void {
  for (const [id, { salt, bytes }] of Object.entries(file.blobs)) {
    if (sha256Bytes(decode(salt), decode(bytes)).toString('hex') !== id) {
      throw new IntegrityError({
        code: 'blob_altered',
        message: `blob \`${id.slice(0, 12)}…\` of the file is not what the journal names`,
        hint: 'ask for the file again',
      });
    }
  }
}

function stateDecision(
  proven: ProvenRequest,
  signer: ApproverSigner,
  choice: Choice & { readonly time: string },
): string {
  const { content } = proven;
  if (content === null) {
    throw new UsageError({
      code: 'not_a_request',
      message: 'the file holds no request for approval',
    });
  }
  const { person, slots } = whoSigns(proven.file, signer);
  const statement: Statement = {
    v: 1,
    decision: choice.decision,
    request: proven.leafHash,
    commands: content.commands.map(({ digest }) => digest),
    environment: content.target.environment,
    policy_digest: content.policy.evaluation.policy_digest as Sha256,
    slots,
    reason: choice.reason,
    person,
    time: choice.time,
    nonce: newNonce(),
    log: seenLog(proven.pin),
  };
  return encodeStatement(statement);
}

function stateResolution(
  proven: ProvenRequest,
  signer: ApproverSigner,
  choice: ResolveChoice & { readonly time: string },
): string {
  const { leaf } = proven;
  const { person } = whoSigns(proven.file, signer);
  const resolution: Resolution = {
    v: 1,
    decision: 'resolve',
    outcome: choice.outcome,
    run: leaf.run as RunId,
    step: typeof leaf.data['step'] === 'string' ? leaf.data['step'] : '',
    attempt: Number(leaf.data['attempt']),
    started: proven.leafHash,
    reason: choice.reason,
    person,
    time: choice.time,
    nonce: newNonce(),
    log: seenLog(proven.pin),
  };
  return encodeStatement(resolution);
}

function stateReview(
  proven: ProvenRequest,
  signer: ApproverSigner,
  choice: ReviewChoice & { readonly request: ProvenRequest; readonly time: string },
): string {
  const { finding, reason, request, time } = choice;
  const { person } = whoSigns(proven.file, signer);
  return encodeReview({
    v: 1,
    decision: 'review',
    finding,
    run: proven.leaf.run as RunId,
    request: request.leafHash,
    started: proven.leafHash,
    reason,
    person,
    time,
    nonce: newNonce(),
    log: seenLog(proven.pin),
  });
}

function seenLog({ origin, size, root }: Pin): Statement['log'] {
  return { origin, size, root };
}

/** Whose key this is, as the executor says; it decides again for itself. */
function whoSigns(
  file: RequestFile,
  signer: ApproverSigner,
): { readonly person: string; readonly slots: readonly string[] } {
  const found = file.approvers.find(({ keys }) => keys.includes(signer.publicKey));
  if (found === undefined) {
    const names = file.approvers.map(({ person }) => `\`${person}\``).join(', ');
    throw new DeniedError({
      code: 'key_not_asked',
      message: `this key belongs to nobody who may decide here (${names === '' ? 'nobody can' : names})`,
      hint: 'the person must be enrolled with this key, and may not be behind the run: `runbook people list`',
    });
  }
  return found;
}

/** Whose name the head was asked for; the executor looks for itself whose key it is. */
function whoStarts({ approvers }: RequestFile, { publicKey }: ApproverSigner): string {
  const found = approvers.find(({ keys }) => keys.includes(publicKey));
  if (found === undefined) {
    const names = approvers.map(({ person }) => `\`${person}\``).join(', ');
    throw new DeniedError({
      code: 'other_person',
      message: `this key is not ${names}'s`,
      hint: 'sign with a key that `people.yaml` has for them: `runbook people list`',
    });
  }
  return found.person;
}

async function sign(
  memory: ApproverMemory,
  proven: ProvenRequest,
  of: { readonly signer: ApproverSigner; readonly namespace: string; readonly statement: string },
): Promise<Signed> {
  const { signer, namespace, statement } = of;
  const signature = await signer.sign(namespace, Buffer.from(statement));
  // Pinned once signed: from now on this client refuses any journal that does not grow out of this head.
  memory.savePin(proven.pin);
  const signed = { statement, signature };
  const receipt: Receipt = {
    v: 1,
    signed,
    namespace,
    checkpoint: proven.file.checkpoint,
    verifier_key: proven.file.verifier_key,
    recorded: null,
  };
  return { signed, receipt };
}
