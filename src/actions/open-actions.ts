import type { Clock } from '../base/clock.ts';
import type { Actions } from './action.ts';
import { bind } from './bind.ts';
import { openFileHashes } from './hash-file.ts';
import { findNotBound } from './not-bound.ts';
import { start } from './start.ts';

export interface ActionsOptions {
  readonly clock: Clock;
  /** 100 ms unless said; see `ActionSettings`. */
  readonly quietMs?: number;
}

/** Shell, argv and http, behind the one chokepoint. Holds nothing that must be closed. */
export function openActions({ clock, quietMs = 100 }: ActionsOptions): Actions {
  const hashes = openFileHashes(clock);
  const tools = { hashes, settings: { clock, quietMs } };
  return {
    bind: (command, hash) => bind(command, hash ? hashes : null),
    notBound: findNotBound,
    start: async (spawn, io) => start(spawn, io, tools),
  };
}
