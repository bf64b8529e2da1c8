import { signCheckpoint } from '../../src/journal/checkpoint.ts';
import { encodeLeaf, leafHash } from '../../src/journal/leaf.ts';
import { consistencyProof, treeRoot } from '../../src/journal/merkle.ts';
import type { CheckpointSigner } from '../../src/journal/signer.ts';
import type { LogView, SignedHead } from '../../src/sinks/sink.ts';
import { aSigner } from './signer.ts';
import { storeNodes } from './tree.ts';

/** A signed log that lies nowhere, for whoever only carries one. */
export interface MemoryLog {
  readonly view: LogView;
  readonly signer: CheckpointSigner;
  readonly entries: readonly Buffer[];
  headAt(size: number): SignedHead;
}

/** `count` entries; logs with another `branch` part ways at `from`. */
export function memoryLog(
  count: number,
  {
    origin = 'runbook.test/log',
    branch = '',
    from = 0,
    signer = aSigner(origin),
  }: {
    readonly origin?: string;
    readonly branch?: string;
    readonly from?: number;
    readonly signer?: CheckpointSigner;
  } = {},
): MemoryLog {
  const entries = Array.from({ length: count }, (_, seq) =>
    aLeaf(origin, seq, seq < from ? '' : branch),
  );
  const hashes = entries.map(leafHash);
  const read = storeNodes(hashes);
  const headAt = (size: number): SignedHead => {
    const root = treeRoot(hashes.slice(0, size));
    const note = signCheckpoint({ origin, size, root }, signer);
    return { size, root, note, time: timeOf(size) };
  };
  const view: LogView = {
    origin,
    head: async () => headAt(count),
    entries: async (start, end) =>
      entries.slice(start, end).map((bytes, at) => ({ seq: start + at, bytes })),
    nodes: async (level, start, end) =>
      Array.from({ length: end - start }, (_, at) => read(level, start + at)),
    consistencyProof: async (older, newer) => consistencyProof(older, newer, read),
  };
  return { view, signer, entries, headAt };
}

function aLeaf(origin: string, seq: number, branch: string): Buffer {
  return encodeLeaf({
    v: 1,
    origin,
    seq,
    type: 'step.started',
    time: timeOf(seq),
    mono: seq,
    boot: 'b',
    run: null,
    cmd: `c.${seq}`,
    data: { step: `größe ${branch}` },
  });
}

function timeOf(seq: number): string {
  return new Date(Date.UTC(2026, 10, 21) + seq * 1000).toISOString();
}
