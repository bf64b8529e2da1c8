import type { BlobId } from '../base/ids.ts';
import type { Recorded } from '../run/events.ts';
import { apply, foldRun } from '../run/state.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Replay } from './docket.ts';
import type { Blob } from './exhibit.ts';
import { withGiven } from './given-values.ts';
import { throughAfter } from './judge-order.ts';
import { type Shown, withShown } from './read-commands.ts';

/** A run at its `run.started`. */
export function beginReplay(entry: Recorded, plan: Plan | null): Replay {
  const empty = { checks: new Map(), templates: new Map(), given: new Map(), through: 0 };
  return { state: foldRun([entry]), plan, ...empty };
}

/** The run after one more of its entries. */
export function goOn(
  replay: Replay,
  entry: Recorded,
  of: { readonly shown: Shown; readonly blobs: ReadonlyMap<BlobId, Blob> },
): Replay {
  const { plan, checks, templates } = withShown(replay, of.shown);
  const { event } = entry;
  const given = withGiven(replay.given, event, { state: replay.state, blobs: of.blobs });
  const state = apply(replay.state, entry);
  // Name by name: a million times over, a spread is what the rest of this costs.
  return { state, plan, checks, templates, given, through: throughAfter(replay, event, state) };
}
