import type { Sha256 } from '../base/ids.ts';

/**
 * What one attempt will really do, complete: exactly this is hashed (`digest.ts`), shown to reviewers,
 * approved, hashed again at claim, and handed to the spawner. Keys are snake_case because the record is
 * stored and signed as it stands.
 */
export interface Command {
  readonly v: 1;
  readonly action: RunAction | ExecAction | HttpAction;
  /** Absolute, symbolic links resolved. */
  readonly cwd: string;
  /** The whole environment of the step; nothing else reaches it but RUNBOOK_ATTEMPT and RUNBOOK_OUTPUT. */
  readonly env: Readonly<Record<string, Text>>;
  /** SHA-256 of what is piped in; null is an empty stdin. */
  readonly stdin: Sha256 | null;
  /** The program the kernel starts and what stands behind `#!` and `env`, in order; empty for http. */
  readonly programs: readonly BoundFile[];
  /** The files a step declares with `files`. */
  readonly files: readonly BoundFile[];
  readonly timeout_ms: number;
  readonly retry: RetryPolicy | null;
  /** The read-only probe that may settle an unknown outcome. */
  readonly check: Command | null;
  /** On a `check`, and only there: what the probe must find, so that nobody can move the goal afterwards. */
  readonly expect?: Expectation;
  /** Null until `rollback` is built. */
  readonly rollback: null;
  readonly environment: string;
  readonly host: string;
  readonly uid: number;
}

/** A value with its secrets taken out: literal pieces, and references that are filled in at spawn. */
export type Text = readonly (string | SecretRef)[];

/** A secret stands in a command by its name (`params.token`, `env.API_KEY`) and its commitment. */
export interface SecretRef {
  readonly secret: string;
  /** HMAC-SHA-256(salt, path ‖ 0x00 ‖ value) in hex; the salt is an opening of the journal. */
  readonly commitment: Sha256;
  /** `json`: filled in as the inside of a JSON string, so that a quote in the secret ends nothing. */
  readonly as?: 'json';
}

/** `sha256` is null for an unprivileged step: its permit binds the path alone. */
export interface BoundFile {
  readonly path: string;
  readonly sha256: Sha256 | null;
}

export interface RunAction {
  readonly kind: 'run';
  readonly shell: 'sh' | 'bash';
  readonly script: string;
}

export interface ExecAction {
  readonly kind: 'exec';
  readonly argv: readonly string[];
}

export interface HttpAction {
  readonly kind: 'http';
  readonly method: string;
  readonly url: string;
  /** Lower-case names, in order. */
  readonly headers: readonly { readonly name: string; readonly value: Text }[];
  readonly body: Text | null;
  readonly redirects: 'off' | 'same_origin';
}

/** `attempts` counts all tries and sets the grant's uses. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delay_ms: number;
  readonly backoff: number;
  readonly max_delay_ms: number;
  /** What may be tried again; empty means any known failure. */
  readonly on: readonly (
    | { readonly kind: 'exit'; readonly code: number }
    | { readonly kind: 'status'; readonly code: number }
    | { readonly kind: 'expect' }
    | { readonly kind: 'timeout' }
  )[];
}

/** What counts as success. */
export interface Expectation {
  /** Accepted exit codes of run and exec. */
  readonly exit: readonly number[];
  /** Accepted HTTP statuses, as inclusive ranges. */
  readonly status: readonly { readonly from: number; readonly to: number }[];
  readonly that: string | null;
}
