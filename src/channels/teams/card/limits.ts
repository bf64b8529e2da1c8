import type { JsonObject } from '../../../base/json.ts';

/**
 * What a card may weigh. Teams refuses messages of some 28 KB (learn.microsoft.com, "Limits and
 * specifications"), counted in a way of its own, so that a margin is kept.
 */
export const mostBytes = 20_000;

/** The size of a card as Teams may count it: bytes of JSON. */
export function weigh(part: JsonObject | readonly JsonObject[]): number {
  return Buffer.byteLength(JSON.stringify(part));
}
