import { decodeLeaf } from '../../journal/leaf.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { StoredEntry } from '../store.ts';
import type { Connection } from './connection.ts';
import { selectEntries } from './entries.ts';
import { assertSigned, loadHead } from './heads.ts';
import { indexEntry } from './index-entry.ts';
import { type Journal, write } from './journal.ts';
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
    const count = countEntries(db);
    let tree = emptyTree;
    while (tree.size < count) {
      const page = selectEntries(db, tree.size, tree.size + pageSize);
      tree = page.reduce((tree, entry) => index(db, tree, entry), tree);
      progress(tree.size, count);
    }
    saveTree(db, tree);
    assertSigned(journal, loadHead(journal));
  });
}

function index(db: Connection, tree: Tree, entry: StoredEntry): Tree {
  const recorded = recordedOf(entry);
  indexEntry(db, recorded, decodeLeaf(entry.bytes).cmd);
  return growTree(db, tree, { hash: Buffer.from(recorded.hash, 'hex'), time: recorded.time });
}

function countEntries(db: Connection): number {
  return db.prepare<{ count: number }>('select count(*) as count from entries').get()?.count ?? 0;
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
  'seen',
  'tokens',
];

function clearIndexes(db: Connection): void {
  for (const table of indexes) {
    db.prepare(`delete from ${table}`).run();
  }
}
