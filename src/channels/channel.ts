import type { RequestContent } from '../approval/request.ts';
import type { SignedStatement } from '../approval/statement.ts';
import type { MissingSlot } from '../approval/tally.ts';
import type { Command } from '../runbook/command.ts';

/**
 * A way to reach reviewers. Told only after the request is in the journal, perhaps more than once; what
 * a channel does can never start a step: it may only submit what a person signed.
 */
export interface Channel {
  readonly name: string;
  /**
   * Shows the request, and where the channel can, takes decisions until `signal` aborts (decided
   * anywhere, expired, run interrupted). Resolves when it has nothing more to do.
   */
  ask(open: OpenRequest, desk: Desk, signal: AbortSignal): Promise<void>;
}

/** Everything a card is laid out from. */
export interface OpenRequest {
  readonly content: RequestContent;
  readonly command: Command;
  readonly previous: Command | null;
  /** The request's four words and eight hex. */
  readonly words: string;
  /** Who is still missing. */
  readonly missing: readonly MissingSlot[];
}

/** Where a channel hands in what it received. */
export interface Desk {
  /** Answers in words what became of it; never throws for a bad submission. */
  submit(
    signed: SignedStatement,
    channel: string,
  ): Promise<{ readonly accepted: boolean; readonly message: string }>;
}
