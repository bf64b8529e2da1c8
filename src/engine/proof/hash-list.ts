const width = 32;

/** SHA-256 values in one piece of memory: a million of them as Buffers would take five times as much. */
export interface HashList {
  bytes: Buffer;
  length: number;
}

export function emptyHashList(): HashList {
  return { bytes: Buffer.alloc(0), length: 0 };
}

export function hashAt({ bytes, length }: HashList, index: number): Buffer | null {
  return index >= 0 && index < length ? bytes.subarray(index * width, (index + 1) * width) : null;
}

export function appendHash(list: HashList, hash: Buffer): void {
  appendHashes(list, { bytes: hash, length: 1 });
}

/** Grows by half where it must: what is appended one by one is not copied each time. */
export function appendHashes(list: HashList, more: HashList): void {
  const length = list.length + more.length;
  if (length * width > list.bytes.length) {
    const grown = Buffer.alloc(Math.max(length, Math.ceil(list.length * 1.5)) * width);
    list.bytes.copy(grown, 0, 0, list.length * width);
    list.bytes = grown;
  }
  more.bytes.copy(list.bytes, list.length * width, 0, more.length * width);
  list.length = length;
}
