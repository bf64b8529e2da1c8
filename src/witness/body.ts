/** What arrives over a socket, as it comes. */
export type Bytes = AsyncIterable<Uint8Array>;

/** Takes what arrives in pieces of a size that is known beforehand: no more is in memory than was asked for. */
export interface BodyReader {
  /** Exactly so many bytes; null where the body ended before, or broke off. */
  take(count: number): Promise<Buffer | null>;
}

export function openBody(bytes: Bytes): BodyReader {
  const pieces = bytes[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let size = 0;
  return {
    async take(count) {
      while (size < count) {
        const next = await pieces.next().catch(() => null);
        if (next === null || next.done === true) {
          return null;
        }
        held.push(Buffer.from(next.value));
        size += next.value.length;
      }
      const [first = Buffer.alloc(0), ...more] = held;
      const all = more.length === 0 ? first : Buffer.concat(held);
      held = [all.subarray(count)];
      size -= count;
      return all.subarray(0, count);
    },
  };
}

/** The whole body; null where it is longer than `limit` bytes. What is beyond stays unread. */
export async function readWhole(bytes: Bytes, limit: number): Promise<Buffer | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > limit) {
      return null;
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
