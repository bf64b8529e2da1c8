import type { RequestContent } from '../../approval/request.ts';
import { formatTime } from '../../base/clock.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import type { Recorded, StepStarted } from '../../run/events.ts';
import type { DebtRow } from '../rows.ts';
import type { Connection } from './connection.ts';

/** The row of a break-glass request. Nothing is owed until its step has started. */
export function insertDebt(db: Connection, { seq }: Recorded, content: RequestContent): void {
  const { id, run, step, break_glass: terms } = content;
  if (terms === null) {
    return;
  }
  db.prepare(
    'insert into debts (request, run, scope, step, within_ms, seq) values (?, ?, ?, ?, ?, ?)',
  ).run(id, run, terms.scope, step, terms.review.within_ms, seq);
}

/** From the first start on the review is owed. */
export function startDebt(db: Connection, { time }: Recorded, { permit }: StepStarted): void {
  if (permit.kind === 'grant') {
    db.prepare('update debts set started = ? where request = ? and started is null').run(
      time,
      permit.request,
    );
  }
}

export function payDebt(db: Connection, request: RequestId, time: string): void {
  db.prepare('update debts set reviewed = ? where request = ? and reviewed is null').run(
    time,
    request,
  );
}

/** Newest first. */
export function selectDebts(db: Connection, open: boolean): readonly DebtRow[] {
  return db
    .prepare<Row>(
      `select request, run, scope, step, within_ms, started, reviewed from debts
       where started is not null ${open ? 'and reviewed is null' : ''} order by seq desc`,
    )
    .all()
    .map(({ within_ms, ...row }) => ({
      ...row,
      due: formatTime(Date.parse(row.started) + within_ms),
    }));
}

/** Another run than this one owes a review in the scope. */
export function isOwed(db: Connection, scope: string, run: RunId | null): boolean {
  return (
    db
      .prepare(
        `select 1 from debts
         where scope = ? and run is not ? and started is not null and reviewed is null`,
      )
      .get(scope, run) !== undefined
  );
}

interface Row extends Omit<DebtRow, 'due'> {
  readonly within_ms: number;
}
