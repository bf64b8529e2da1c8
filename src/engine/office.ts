import type { Caller, TokenCaller } from '../approval/people/initiator.ts';
import type { Scope } from '../approval/token.ts';
import type { RunId } from '../base/ids.ts';
import type { Notes, Reception } from '../channels/channel.ts';
import type { Recorded } from '../run/events.ts';
import type { LoginDesk } from './login/login-desk.ts';
import type { Service } from './service.ts';

/**
 * What a process that stays has beside the service: it drives the runs that were started through it,
 * serves the receptions, and tells of entries as they are committed, by whichever process.
 */
export interface Office {
  /** The service as this caller has it. Runs it starts or resumes are driven by the office. */
  serviceFor(caller: Caller): Service;
  /** Who bears this secret. Throws LoginError `token_unknown`, `token_expired`, `token_revoked`, `token_orphaned`. */
  authenticate(secret: string): Promise<Bearer>;
  /** Where people come in who bear no token yet. */
  readonly login: LoginDesk;
  readonly feed: Feed;
  readonly receptions: readonly Reception[];
  /** What a door must find again after a restart, under a name of its own: `idempotency`. */
  notes(area: string): Notes;
  /** For metrics and health; cheap. */
  figures(): Figures;
  /**
   * Takes the hold `serve` (HeldError `serve_held` where another process has it), takes up every run that
   * an earlier process left, and works until `signal` aborts: then running steps are ended as an interrupt
   * ends them only after `graceMs`, waiting runs stay as they are, holds are released, and it resolves.
   * Begins under no trusted files that are wrong: ConfigError, InvalidFileError. What breaks later fails each
   * call that needs it, until it is mended.
   */
  work(signal: AbortSignal, door?: OpenDoor): Promise<void>;
}

/** The door that people come in by, once it stands. */
export interface OpenDoor {
  /**
   * Where browsers see it; null where it was not told under which name. Reports lead there, and other processes
   * of this journal, for as long as the office works.
   */
  readonly page: string | null;
  /** Called once, with the hold taken. */
  readonly ready: () => void;
}

export interface Bearer {
  /** Without claims: whoever carries the call adds those that came with it. */
  readonly caller: TokenCaller;
  readonly scopes: readonly Scope[];
  readonly expires_at: string;
}

/** Entries, and live output of the steps that this process runs. */
export interface Feed {
  /** Told of every entry from now on, in the journal's order. Answers how to leave. */
  follow(follower: Follower): () => void;
  /** Looks at once instead of at the next tick: something was committed here. */
  nudge(): void;
}

export interface Follower {
  recorded(entry: Recorded): void;
  /** Masked. Live only: whoever comes later reads `logs`. */
  output?(run: RunId, piece: Output): void;
}

export interface Output {
  readonly step: string;
  readonly stream: 'stdout' | 'stderr';
  readonly chunk: Buffer;
}

export interface Figures {
  /** Runs of this office that have not ended. */
  readonly open: number;
  /** Of those, the ones this process works on right now. */
  readonly active: number;
  /** Runs that cannot go on by themselves: their secrets went with an earlier process. */
  readonly stranded: number;
  readonly entries: number;
  /** Entries that each sink lacks, by its name, as of the last try; absent before the first. */
  readonly behind: Readonly<Record<string, number>>;
}
