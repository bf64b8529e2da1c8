import type { ChainLink } from '../approval/people/people.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';

/** Somebody takes a run on, and joins its chain. */
export interface RunResumed {
  readonly links: readonly ChainLink[];
  /** As `RunStarted.signed`. */
  readonly signed?: SignedStatement;
}
