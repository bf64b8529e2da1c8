import type { Spawn } from '../approval/permit.ts';
import type { Command } from '../runbook/command.ts';

/**
 * The one way to make something happen. `start` refuses (`refused`) a command whose digest is not the
 * permit's, or whose bound files and programs no longer have the hashes in it; nothing else spawns.
 */
export interface Actions {
  /**
   * Adds what only the disk knows: `cwd` resolved, programs found by the step's own PATH and followed
   * through `#!` and `env`, hashes of programs and files. `hash` is false for steps that need no
   * approval. Throws UsageError naming the program or file that is missing or not regular.
   */
  bind(command: Command, hash: boolean): Command;
  /** In words, what the digest of this command cannot cover. */
  notBound(command: Command): readonly string[];
  /** Runs it. Never throws for what the action did: outcomes are values. */
  start(spawn: Spawn, io: ActionIo): Promise<ActionResult>;
}

export interface ActionIo {
  /** Values of the secrets by name, filled in at the last moment. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Masked output as it comes. Called synchronously, in order per stream. What it throws, `start` throws at the end. */
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** Aborting ends the process group: SIGTERM, grace, SIGKILL. */
  readonly signal: AbortSignal;
  readonly graceMs: number;
  /** Hosts that http may reach; null allows all. */
  readonly hosts: readonly string[] | null;
}

/** `capture` keeps at most this much of stdout or of a body for expressions: 1 MiB. */
export const maxCaptureBytes = 1_048_576;

export type ActionResult =
  | {
      /** Both `exitCode` and `signal` null: it could not be ended (it runs as somebody else) and may still run. */
      readonly kind: 'exited';
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly ended: 'itself' | 'timeout' | 'cancelled';
      readonly durationMs: number;
      /** Raw stdout, up to the limit; `complete` is false where there was more. */
      readonly stdout: Capture;
      /** What the step wrote to RUNBOOK_OUTPUT, raw. */
      readonly outputFile: string;
      /** There where RUNBOOK_OUTPUT cannot be taken: over 1 MiB, removed, no file. `outputFile` is empty then. */
      readonly outputFileFault?: string;
    }
  | {
      readonly kind: 'responded';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly durationMs: number;
      readonly body: Capture;
    }
  | {
      /** The request was sent or may have been, and no answer came: timeout, cancelled, connection lost. */
      readonly kind: 'no_response';
      readonly ended: 'timeout' | 'cancelled' | 'connection';
      readonly message: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'not_started'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

export interface Capture {
  readonly bytes: Buffer;
  readonly complete: boolean;
}
