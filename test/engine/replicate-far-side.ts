import { leafHash } from '../../src/journal/leaf.ts';
import { MerkleTree } from '../../src/journal/tree.ts';
import {
  type Delivery,
  type Sink,
  type SinkAnswer,
  type SinkHead,
  saysHead,
} from '../../src/sinks/sink.ts';

/** What happens to a delivery before, or after, the far side has taken it. */
export type Mood = (
  delivery: Delivery,
  signal: AbortSignal,
) => Promise<SinkAnswer | null> | SinkAnswer | null;

/**
 * The other side of a sink, as an honest one is: it keeps entries in order, checks them against the head
 * they come with, and says what it has. Its moods make it mean.
 */
export interface FarSide {
  readonly sink: Sink;
  /** Entries as they were taken. */
  readonly entries: Buffer[];
  readonly deliveries: { readonly from: number; readonly size: number }[];
  /** Asked before anything is taken: an answer stands instead of the honest one. */
  before: Mood;
  /** Asked once it is taken: a throw loses the acknowledgement. */
  after: Mood;
  /** Instead of its own head. */
  head: (signal: AbortSignal) => Promise<SinkHead | null>;
  /** What it has. */
  stands(): SinkHead;
  /** Loses everything from here on. */
  lose(to: number): void;
}

export function aFarSide(more: Partial<Sink> = {}): FarSide {
  const entries: Buffer[] = [];
  const deliveries: { from: number; size: number }[] = [];
  const treeOf = (all: readonly Buffer[]): MerkleTree => {
    const tree = new MerkleTree();
    for (const bytes of all) {
      tree.append(leafHash(bytes));
    }
    return tree;
  };
  const stands = (): SinkHead => {
    const root = treeOf(entries).rootAt(entries.length);
    return { size: entries.length, root: root ?? Buffer.alloc(32) };
  };
  const take = async ({ from, head, log }: Delivery): Promise<SinkAnswer> => {
    if (from !== entries.length) {
      return { elsewhere: entries.length === 0 ? null : stands() };
    }
    const more = (await log.entries(from, head.size)).map(({ bytes }) => bytes);
    const root = treeOf([...entries, ...more]).rootAt(head.size);
    if (root?.equals(head.root) !== true) {
      throw new Error('these are not the entries of that head');
    }
    entries.push(...more);
    return { ...stands(), anchor: { kind: 'copy', evidence: `kept ${entries.length}` } };
  };
  const far: FarSide = {
    entries,
    deliveries,
    before: () => null,
    after: () => null,
    head: async () => (entries.length === 0 ? null : stands()),
    stands,
    lose: (to) => {
      entries.length = Math.min(entries.length, to);
    },
    sink: {
      name: 'vault',
      kind: 'mirror',
      counts: true,
      wants: 'head',
      batch: 3,
      address: 'a far side of this test',
      head: async (_log, signal) => saysHead(await far.head(signal)),
      deliver: async (delivery, signal) => {
        deliveries.push({ from: delivery.from, size: delivery.head.size });
        const instead = await far.before(delivery, signal);
        if (instead !== null) {
          return instead;
        }
        const answer = await take(delivery);
        return (await far.after(delivery, signal)) ?? answer;
      },
      ...more,
    },
  };
  return far;
}

/** Never answers, whatever its signal says. */
export const hanging = (): Promise<never> => new Promise(() => undefined);

export const down = (): never => {
  throw new Error('connection refused');
};
