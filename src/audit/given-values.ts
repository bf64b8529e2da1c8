import type { BlobId } from '../base/ids.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Json } from '../base/json.ts';
import type { Event } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import type { Blob } from './exhibit.ts';
import { readValues } from './read-values.ts';

/** What steps gave for the holes of approved commands, by the holes' names: `steps.find.outputs.leader`. */
export type Given = ReadonlyMap<string, Json>;

/**
 * The values with those of one more step that ended. Only what a hole waits for is kept; of a blob that is
 * gone nothing is, so that whatever was filled from it has no ground.
 */
export function withGiven(
  known: Given,
  event: Event,
  { state, blobs }: { readonly state: RunState; readonly blobs: ReadonlyMap<BlobId, Blob> },
): Given {
  if (event.type !== 'step.finished' && event.type !== 'manual.done') {
    return known;
  }
  const { step, outputs } = event.data;
  const prefix = `steps.${step}.outputs.`;
  const names = holesOf(state).filter((name) => name.startsWith(prefix));
  if (names.length === 0) {
    return known;
  }
  const values = outputs === null ? {} : (readValues(blobs.get(outputs)) ?? {});
  const given = new Map(known);
  for (const name of names) {
    const key = name.slice(prefix.length);
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value === undefined) {
      given.delete(name);
    } else {
      given.set(name, value);
    }
  }
  return given;
}

/** Why the value of a hole is not the one that its step gave; null where it is. */
export function whyNotGiven(name: string, value: Json | undefined, given: Given): string | null {
  const recorded = given.get(name);
  if (recorded === undefined) {
    return `no output recorded before gives \`${name}\``;
  }
  return value !== undefined && canonicalize(recorded) === canonicalize(value)
    ? null
    : `\`${name}\` is not the value that was recorded`;
}

function holesOf({ requests }: RunState): readonly string[] {
  return [...requests.values()].flatMap(({ content }) =>
    content.commands.flatMap(({ holes = [] }) => holes.map(({ name }) => name)),
  );
}
