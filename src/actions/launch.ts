import type { Clock } from '../base/clock.ts';
import type { Command } from '../runbook/command.ts';
import type { ActionIo, ActionResult } from './action.ts';

/** Does what the command says, at once: what precedes the spawn holds no `await`. Called by `start.ts` alone. */
export type Launch = (order: Order) => Promise<ActionResult>;

/** A command that has passed the chokepoint, and what it needs to run. */
export interface Order {
  readonly command: Command;
  readonly attemptToken: string;
  readonly io: ActionIo;
  readonly settings: ActionSettings;
}

export interface ActionSettings {
  readonly clock: Clock;
  /**
   * How long a pipe may stay quiet after the step's own process has ended before it is closed: a
   * grandchild that inherited it could hold it for hours.
   */
  readonly quietMs: number;
}

/** A stopwatch on the monotonic clock: answers milliseconds since it was made. */
export function stopwatch(clock: Clock): () => number {
  const startUs = clock.now().monoUs;
  return () => Math.round((clock.now().monoUs - startUs) / 1000);
}
