import { IntegrityError } from '../../base/errors.ts';
import { decodeLeaf } from '../../journal/leaf.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { StoredEntry } from '../store.ts';
import { assertSigned } from './assert-signed.ts';
import type { Connection } from './connection.ts';
import { selectEntries } from './entries.ts';
import { loadHead } from './heads.ts';
import { indexEntry } from './index-entry.ts';
import { type Journal, write } from './journal.ts';
import { hasPruned, selectPruned } from './pruned.ts';
import { emptyTree, growTree, saveTree, type Tree } from './tree.ts';

const pageSize = 1000;

/**
 * Makes every index again from the entries, in one transaction. The log is not rewritten: where its
 * entries do not lead to the signed head, IntegrityError `E_STH_SIG` is thrown and nothing changes.
 */
export function rebuild(journal: Journal, progress: (done: number, of: number) => void): void {
  write(journal, () => {
    const { db } = journal;
    clearIndexes(db);
    const count = countLeaves(db);
    let tree = emptyTree;
    while (tree.size < count) {
      tree = readPage(db, tree);
      progress(tree.size, count);
    }
    saveTree(db, tree);
    assertSigned(journal, loadHead(journal));
  });
}

/** Of a pruned entry the tree knows the leaf hash, and no index anything. */
function readPage(db: Connection, before: Tree): Tree {
  const [from, to] = [before.size, before.size + pageSize];
  const entries = selectEntries(db, from, to).map((entry) => ({
    kind: 'entry' as const,
    ...entry,
  }));
  const pruned = selectPruned(db, from, to).map((entry) => ({ kind: 'pruned' as const, ...entry }));
  const leaves = [...entries, ...pruned].sort((one, other) => one.seq - other.seq);
  return leaves.reduce((tree, leaf) => {
    assertFollows(tree, leaf.seq);
    return leaf.kind === 'entry'
      ? index(db, tree, leaf)
      : growTree(db, tree, { hash: Buffer.from(leaf.hash, 'hex'), time: leaf.time });
  }, before);
}

function assertFollows({ size }: Tree, seq: number): void {
  if (seq !== size) {
    throw new IntegrityError({
      code: 'E_STH_SIG',
      message: `entry ${size} is missing: the next one stored is ${seq}`,
      hint: 'the journal was changed by hand: restore it from a copy',
    });
  }
}

function index(db: Connection, tree: Tree, entry: StoredEntry): Tree {
  const recorded = recordedOf(entry);
  indexEntry(db, recorded, decodeLeaf(entry.bytes).cmd);
  return growTree(db, tree, { hash: Buffer.from(recorded.hash, 'hex'), time: recorded.time });
}

function countLeaves(db: Connection): number {
  const count = 'select (select count(*) from entries) + (select count(*) from pruned) as count';
  return db.prepare<{ count: number }>(count).get()?.count ?? 0;
}

const indexes = [
  'head',
  'nodes',
  'events',
  'runs',
  'requests',
  'decisions',
  'starts',
  'reusable',
  'reuses',
  'debts',
  'tokens',
  'erased',
];

function clearIndexes(db: Connection): void {
  // What people saw when they last signed may stand in entries that were pruned since.
  for (const table of hasPruned(db) ? indexes : [...indexes, 'seen']) {
    db.prepare(`delete from ${table}`).run();
  }
}
