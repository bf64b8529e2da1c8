import { signCheckpoint } from '../../src/journal/checkpoint.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import { consistencyProof, peakCoordinates, rootOfPeaks } from '../../src/journal/merkle.ts';
import type { LogView, SignedHead } from '../../src/sinks/sink.ts';
import { aSigner } from './signer.ts';
import { storeNodes } from './tree.ts';

/** A log that sinks can carry, in memory: made of texts, and signed. */
export interface SomeLog extends LogView {
  readonly hashes: readonly Buffer[];
  headAt(size: number): SignedHead;
}

/**
 * `count` entries that say `word`: logs of two words have no entry in common. `pruned` are the entries
 * whose bytes are gone.
 */
export function someLog(
  count: number,
  { word = 'entry', origin = 'journal.example/one', pruned = [] as readonly number[] } = {},
): SomeLog {
  const leaves = Array.from({ length: count }, (_, seq) => aLeaf(origin, seq, word));
  const hashes = leaves.map((bytes) => leafHash(bytes));
  const read = storeNodes(hashes);
  const signer = aSigner(origin);
  const log: SomeLog = {
    origin,
    hashes,
    head: async () => log.headAt(count),
    entries: async (from, to) =>
      leaves
        .map((bytes, seq) => ({ seq, bytes }))
        .filter(({ seq }) => seq >= from && seq < to && !pruned.includes(seq)),
    nodes: async (level, from, to) =>
      Array.from({ length: to - from }, (_, at) => read(level, from + at)),
    consistencyProof: async (from, to) => consistencyProof(from, to, read),
    headAt: (size) => {
      const peaks = peakCoordinates(size).map(({ level, index }) => read(level, index));
      const root = rootOfPeaks(peaks);
      const note = signCheckpoint({ origin, size, root }, signer);
      return { size, root, note, time: timeOf(size - 1) };
    },
  };
  return log;
}

function aLeaf(origin: string, seq: number, word: string): Buffer {
  const leaf = {
    boot: 'b',
    cmd: `c${seq}`,
    data: { word },
    mono: seq,
    origin,
    run: seq % 2 === 0 ? 'r1' : null,
    seq,
    time: timeOf(seq),
    type: 'run.started',
    v: 1,
  };
  return Buffer.from(JSON.stringify(leaf));
}

function timeOf(seq: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString();
}
