import type { EntryQuery } from '../rows.ts';
import type { Connection, Value } from './connection.ts';

/** Newest first. The whole log is walked backwards by its small rows; no entry is read. */
export function selectMatching(db: Connection, query: EntryQuery): readonly number[] {
  const { before, limit, run, types, runbook, environment } = query;
  const conditions: string[] = ['seq < ?'];
  const values: Value[] = [before];
  if (run !== undefined) {
    conditions.push('run = ?');
    values.push(run);
  }
  if (types !== undefined) {
    conditions.push(`type in (${types.map(() => '?').join(', ')})`);
    values.push(...types);
  }
  for (const [column, wanted] of Object.entries({ runbook, environment })) {
    if (wanted !== undefined) {
      conditions.push(`(select ${column} from runs where runs.run = events.run) = ?`);
      values.push(wanted);
    }
  }
  return db
    .prepare<{ seq: number }>(
      `select seq from events where ${conditions.join(' and ')} order by seq desc limit ?`,
    )
    .all(...values, limit)
    .map(({ seq }) => seq);
}
