import { InternalError, JournalError } from '../../base/errors.ts';
import { appendLeaf, nodeHash, nodesCompletedBy, peakCoordinates } from '../../journal/merkle.ts';
import type { Connection } from './connection.ts';

/** The log so far, in the few hashes that the next leaf needs. */
export interface Tree {
  readonly size: number;
  /** RFC 6962 roots of its perfect subtrees, largest first. */
  readonly peaks: readonly Buffer[];
  /** Time of the last entry. */
  readonly time: string;
}

export const emptyTree: Tree = { size: 0, peaks: [], time: '' };

/** Grows the tree by one leaf and stores the roots of the subtrees that it completes. */
export function growTree(db: Connection, tree: Tree, leaf: { hash: Buffer; time: string }): Tree {
  let { hash } = leaf;
  for (const { level, index } of nodesCompletedBy(tree.size)) {
    const left = tree.peaks[tree.peaks.length - level];
    hash = left === undefined ? hash : nodeHash(left, hash);
    insertNode(db, { level, index, hash });
  }
  const peaks = appendLeaf(tree.size, tree.peaks, leaf.hash);
  return { size: tree.size + 1, peaks, time: leaf.time };
}

export function loadTree(db: Connection): Tree {
  const row = db
    .prepare<{ size: number; peaks: Buffer; time: string }>(
      'select size, peaks, time from head where id = 1',
    )
    .get();
  return row === undefined ? emptyTree : { ...row, peaks: cut(row.peaks) };
}

/** Whether entries lie behind the head. One statement, so that no commit can come in between. */
export function hasStrays(db: Connection): boolean {
  const strays = 'select 1 from head where size <= (select max(seq) from entries)';
  return db.prepare<object>(strays).get() !== undefined;
}

export function saveTree(db: Connection, { size, peaks, time }: Tree): void {
  const replace = db.prepare(
    'insert or replace into head (id, size, peaks, time) values (1, ?, ?, ?)',
  );
  replace.run(size, Buffer.concat(peaks), time);
}

/** The peaks that some earlier size had. Subtrees never change once they are complete. */
export function selectPeaks(db: Connection, size: number): readonly Buffer[] {
  return peakCoordinates(size).map(({ level, index }) => selectNode(db, level, index));
}

/** Throws JournalError `index_damaged` where the node is not stored. */
export function selectNode(db: Connection, level: number, index: number): Buffer {
  const row = db
    .prepare<{ hash: Buffer }>('select hash from nodes where level = ? and position = ?')
    .get(level, index);
  if (row === undefined) {
    throw new JournalError({
      code: 'index_damaged',
      message: `the journal has no tree node ${index} of level ${level}`,
      hint: 'make the indexes again with `runbook journal rebuild`',
    });
  }
  return row.hash;
}

/** The nodes `from <= index < to` of a level. Throws as `selectNode` where one is not stored. */
export function selectNodes(
  db: Connection,
  { level, from, to }: { readonly level: number; readonly from: number; readonly to: number },
): readonly Buffer[] {
  const rows = db
    .prepare<{ hash: Buffer }>(
      'select hash from nodes where level = ? and position >= ? and position < ? order by position',
    )
    .all(level, from, to);
  if (rows.length < to - from) {
    selectNode(db, level, from + rows.length);
  }
  return rows.map(({ hash }) => hash);
}

function insertNode(
  db: Connection,
  node: { readonly level: number; readonly index: number; readonly hash: Buffer },
): void {
  const insert = db.prepare('insert into nodes (level, position, hash) values (?, ?, ?)');
  insert.run(node.level, node.index, node.hash);
}

const hashBytes = 32;

function cut(peaks: Buffer): readonly Buffer[] {
  if (peaks.length % hashBytes !== 0) {
    throw new InternalError({ code: 'peaks_wrong', message: `peaks of ${peaks.length} bytes` });
  }
  return Array.from({ length: peaks.length / hashBytes }, (_, at) =>
    peaks.subarray(at * hashBytes, (at + 1) * hashBytes),
  );
}
