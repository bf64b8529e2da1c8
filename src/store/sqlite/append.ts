import { formatTime, type Moment } from '../../base/clock.ts';
import { IntegrityError, InternalError } from '../../base/errors.ts';
import type { RunId, Sha256 } from '../../base/ids.ts';
import { encodeLeaf, type Leaf, leafHash } from '../../journal/leaf.ts';
import type { Event, Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Head } from '../store.ts';
import { insertEntry, selectEntries } from './entries.ts';
import { signHead } from './heads.ts';
import { indexEntry } from './index-entry.ts';
import type { Journal } from './journal.ts';
import { keysAfter, loadKeys, signerOf } from './keys.ts';
import { growTree, saveTree, type Tree } from './tree.ts';

/** Events that become entries together. */
export interface Batch {
  readonly run: RunId | null;
  readonly commandId: string;
  readonly events: readonly Event[];
  readonly moment: Moment;
}

export interface Appended {
  readonly hashes: readonly Sha256[];
  readonly head: Head;
}

/** Inside a transaction: appends the batch to the tree and signs one head over all of it. */
export function append(journal: Journal, before: Tree, batch: Batch): Appended {
  const hashes: Sha256[] = [];
  const keys = loadKeys(journal);
  let [tree, after] = [before, keys];
  for (const [at, event] of batch.events.entries()) {
    const leaf = buildLeaf(journal.origin, batch, { seq: tree.size, at, event });
    assertAlone(event, at);
    const stored = store(journal, leaf);
    hashes.push(stored.hash);
    after = keysAfter(journal.db, after, stored);
    tree = growTree(journal.db, tree, { hash: Buffer.from(stored.hash, 'hex'), time: leaf.time });
  }
  saveTree(journal.db, tree);
  return { hashes, head: signHead(journal, tree, signerOf(journal, keys, after)) };
}

/** The head before a rotation is what the key before it vouches for: nothing may come in between. */
function assertAlone({ type }: Event, at: number): void {
  if (type === 'key.rotated' && at > 0) {
    throw new InternalError({
      code: 'rotation_not_first',
      message: 'a rotation is the first entry of its commit',
    });
  }
}

/** The command id of a commit's further entries: (run, cmd) is unique, so each has its own. */
function commandOf(commandId: string, at: number): string {
  return at === 0 ? commandId : `${commandId}.${at}`;
}

function buildLeaf(
  origin: string,
  { run, commandId, moment }: Batch,
  { seq, at, event }: { readonly seq: number; readonly at: number; readonly event: Event },
): Leaf {
  return {
    v: 1,
    origin,
    seq,
    type: event.type,
    time: formatTime(moment.wallMs),
    mono: moment.monoUs,
    boot: moment.boot,
    run,
    cmd: commandOf(commandId, at),
    data: event.data as unknown as Leaf['data'],
  };
}

/** Reads the row back and takes hash and indexes from that: what is signed is what is stored. */
function store({ db }: Journal, leaf: Leaf): Recorded {
  const bytes = encodeLeaf(leaf);
  insertEntry(db, { seq: leaf.seq, bytes });
  const [stored] = selectEntries(db, leaf.seq, leaf.seq + 1);
  const wanted = leafHash(bytes);
  if (stored === undefined || !leafHash(stored.bytes).equals(wanted)) {
    throw new IntegrityError({
      code: 'E_LEAF',
      message: `entry ${leaf.seq} was stored as other bytes than were written`,
      hint: 'check the disk and the memory of this machine',
    });
  }
  const recorded = recordedOf(stored);
  indexEntry(db, recorded, leaf.cmd);
  return recorded;
}
