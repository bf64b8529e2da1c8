import type { Actions } from '../actions/action.ts';
import type { Caller } from '../approval/people/initiator.ts';
import type { People } from '../approval/people/people.ts';
import type { HeardBy } from '../approval/tally/means.ts';
import type { Clock } from '../base/clock.ts';
import type { Sha256 } from '../base/ids.ts';
import type { Channel, Reception } from '../channels/channel.ts';
import type { Config } from '../policy/config.ts';
import type { PeopleList, Policy } from '../policy/policy.ts';
import type { Sink } from '../sinks/sink.ts';
import type { Store } from '../store/store.ts';

/** What every use case is given. Brands come in as their contracts; nothing is looked up behind its back. */
export interface Engine {
  readonly store: Store;
  readonly actions: Actions;
  /** Asked at a gate, for as long as the run waits there. */
  readonly channels: readonly Channel[];
  /** Serve the whole store; at most one process at a time does. */
  readonly receptions: readonly Reception[];
  /** Copies of the journal elsewhere, and who remembers its heads. */
  readonly sinks: readonly Sink[];
  /** Tells whoever sits here, in one line, of a decision that was left and does not count. */
  readonly warn?: (line: string) => void;
  /**
   * By which identities receptions take decisions here. Only to warn early that nobody could ever approve:
   * each decision is judged for itself.
   */
  readonly attesting: ReadonlySet<HeardBy>;
  readonly clock: Clock;
  /** Reads the trusted files as they are now. Throws ConfigError. */
  readonly trusted: () => Trusted;
  /** Asks a list of trusted configuration now. Never throws: an answer with an error names nobody. */
  readonly askList: (list: PeopleList) => RawListAnswer;
  /**
   * The addresses of whoever wrote each line of a file, as git has them; null where it cannot say for all:
   * no repository, or what was read (`text`) is not what is committed.
   */
  readonly authorsOf: (file: string, text: string) => readonly (readonly string[])[] | null;
  /** On whose behalf this engine works: the process's own account, or the bearer of a token. */
  readonly caller: Caller;
  /** The account this process runs under, `USER@HOST`: what it finds and receives is its word. */
  readonly account: string;
  readonly host: string;
  readonly uid: number;
  /** Login name of the effective user. */
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `runbook 1.2.3`. */
  readonly program: string;
  /** Grace between SIGTERM and SIGKILL of a step. */
  readonly graceMs: number;
}

/** What a list said, before anybody was looked up: names of people, or addresses. */
export interface RawListAnswer {
  readonly entries: readonly string[];
  readonly error: string | null;
}

/** The trusted files, read, checked and parsed. */
export interface Trusted {
  readonly people: TrustedFile<People>;
  readonly policy: TrustedFile<Policy>;
  readonly config: TrustedFile<Config>;
}

export interface TrustedFile<Value> {
  readonly text: string;
  readonly value: Value;
  /** SHA-256 of the text. */
  readonly digest: Sha256;
}
