import type { Readable, Writable } from 'node:stream';
import { InternalError } from './base/errors.ts';
import type { Service } from './engine/service.ts';
import type { Approver } from './signers/approver.ts';
import type { ApproverSigner } from './signers/signer.ts';

/** What the process brings along. Doors pass it in; nothing below reads the process itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The terminal a waiting run may talk to; null where there is none. */
  readonly terminal: Terminal | null;
}

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  readonly columns: number;
  readonly colour: boolean;
}

/** The engine with every brand in its place. */
export interface App {
  readonly service: Service;
  close(): Promise<void>;
}

/** Config → engine. Opens the journal when a command first needs it. */
export function openApp(_surroundings: Surroundings): App {
  throw new InternalError({ code: 'not_wired', message: 'the engine is not wired yet' });
}

/** The approver's side: memory in RUNBOOK_APPROVER_DIR, and nothing of the executor's. */
export function openApprover(_surroundings: Surroundings): Approver {
  throw new InternalError({ code: 'not_wired', message: 'the approver is not wired yet' });
}

/** `--key FILE` or `--ssh-agent`; `wanted` are the public key lines that could decide. */
export function openSigner(
  _choice: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'agent' },
  _surroundings: Surroundings & { readonly wanted: readonly string[] },
): Promise<ApproverSigner> {
  throw new InternalError({ code: 'not_wired', message: 'signers are not wired yet' });
}
