import type { Note } from '../store.ts';
import type { Connection } from './connection.ts';

export function selectNote(db: Connection, area: string, key: string): string | null {
  const row = db
    .prepare<Pick<Note, 'value'>>('select value from notes where area = ? and key = ?')
    .get(area, key);
  return row?.value ?? null;
}

/** In the order of their keys. */
export function selectNotes(db: Connection, area: string): readonly Note[] {
  return db.prepare<Note>('select key, value from notes where area = ? order by key').all(area);
}

/** Null removes it. */
export function putNote(
  db: Connection,
  {
    area,
    key,
    value,
  }: Pick<Note, 'key'> & { readonly area: string; readonly value: string | null },
): void {
  if (value === null) {
    db.prepare('delete from notes where area = ? and key = ?').run(area, key);
    return;
  }
  db.prepare('insert or replace into notes (area, key, value) values (?, ?, ?)').run(
    area,
    key,
    value,
  );
}
