import { expect } from 'vitest';

/** Expects what will be so before long; how long is the machine's affair, and not what is tested. */
export const eventually = <Value>(
  look: () => Value | Promise<Value>,
): ReturnType<typeof expect.poll<Value>> => expect.poll(look, { timeout: 60_000, interval: 10 });
