import type { BlobId } from '../base/ids.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Json } from '../base/json.ts';
import type { Event } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import type { Blob } from './exhibit.ts';
import { readValues } from './read-values.ts';

/** What steps gave for the holes of approved commands, by the holes' names: `steps.find.outputs.leader`. */
export type Given = ReadonlyMap<string, GivenValue>;

/** A value, or the blob that held it and cannot be read. */
type GivenValue =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'gone'; readonly blob: BlobId };

/** Why something is not what was approved. With `wants` it may be, and only that content could show it. */
export interface Misfit {
  readonly why: string;
  readonly wants?: BlobId;
}

/** The values with those of one more step that ended. Only what a hole waits for is kept. */
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
  const values = outputs === null ? {} : readValues(blobs.get(outputs));
  const given = new Map(known);
  for (const name of names) {
    const value = givenIn(values, name.slice(prefix.length), outputs);
    if (value === null) {
      given.delete(name);
    } else {
      given.set(name, value);
    }
  }
  return given;
}

function givenIn(
  values: ReturnType<typeof readValues>,
  key: string,
  blob: BlobId | null,
): GivenValue | null {
  if (values === null) {
    return blob === null ? null : { kind: 'gone', blob };
  }
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  return value === undefined ? null : { kind: 'value', value };
}

/** Why the value of a hole is not the one that its step gave; null where it is. */
export function whyNotGiven(name: string, value: Json | undefined, given: Given): Misfit | null {
  const recorded = given.get(name);
  if (recorded === undefined) {
    return { why: `no output recorded before gives \`${name}\`` };
  }
  if (recorded.kind === 'gone') {
    return { why: `the output that gives \`${name}\` is gone`, wants: recorded.blob };
  }
  return value !== undefined && canonicalize(recorded.value) === canonicalize(value)
    ? null
    : { why: `\`${name}\` is not the value that was recorded` };
}

function holesOf({ requests }: RunState): readonly string[] {
  return [...requests.values()].flatMap(({ content }) =>
    content.commands.flatMap(({ holes = [] }) => holes.map(({ name }) => name)),
  );
}
