import type { Anchor } from '../../journal/anchor.ts';
import type { Connection } from './connection.ts';

export function insertAnchor(db: Connection, anchor: Anchor): void {
  const { by, kind, size, root, evidence, at } = anchor;
  db.prepare(
    'insert or ignore into anchors (by, kind, size, root, evidence, at) values (?, ?, ?, ?, ?, ?)',
  ).run(by, kind, size, root, evidence, at);
}

export function selectAnchors(db: Connection, from: number, to: number): readonly Anchor[] {
  return db
    .prepare<Anchor>(
      `select by, kind, size, root, evidence, at from anchors
       where size >= ? and size < ? order by size, by, evidence`,
    )
    .all(from, to);
}
