import type { RequestContent } from '../../approval/request.ts';
import type { RequestId } from '../../base/ids.ts';
import type { Recorded, StepStarted } from '../../run/events.ts';
import type { ReusableRow, ReuseQuery } from '../rows.ts';
import type { Connection } from './connection.ts';

/** The row of a request that was asked to hold for later runs; none for every other. */
export function insertReusable(db: Connection, { seq }: Recorded, content: RequestContent): void {
  const { id, run, runbook, step, target, grant, limits } = content;
  if (grant.reuse === undefined) {
    return;
  }
  const { rule, max_uses, for_ms } = grant.reuse;
  const about = [id, run, runbook.name, runbook.source, step, target.environment];
  db.prepare(
    `insert into reusable
       (request, run, runbook, source, step, environment, rule, max_uses, for_ms, created, seq)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(...about, rule, max_uses, for_ms, limits.created, seq);
}

/** A start under such a request, in whichever run. A number that stands already is the auditor's to find. */
export function insertReuse(db: Connection, { seq }: Recorded, { permit }: StepStarted): void {
  if (permit.kind === 'grant' && selectIsReusable(db, permit.request)) {
    db.prepare('insert or ignore into reuses (request, use, seq) values (?, ?, ?)').run(
      permit.request,
      permit.use,
      seq,
    );
  }
}

/** The first `grant.revoked` counts. */
export function revokeReusable(db: Connection, request: RequestId, time: string): void {
  db.prepare('update reusable set revoked = ? where request = ? and revoked is null').run(
    time,
    request,
  );
}

/** Newest first; all without a query. */
export function selectReusable(db: Connection, query: ReuseQuery | null): readonly ReusableRow[] {
  return query === null
    ? db.prepare<ReusableRow>(`${select} order by seq desc`).all()
    : db
        .prepare<ReusableRow>(
          `${select} where source = ? and step = ? and environment = ? order by seq desc`,
        )
        .all(query.source, query.step, query.environment);
}

export function selectOneReusable(db: Connection, request: RequestId): ReusableRow | null {
  return db.prepare<ReusableRow>(`${select} where request = ?`).get(request) ?? null;
}

const select = `select request, run, runbook, source, step, environment, rule, max_uses, for_ms, created,
      revoked, (select count(*) from reuses where reuses.request = reusable.request) as uses
    from reusable`;

/** Whether the next start under it may have this number. */
export function mayReuse(db: Connection, request: RequestId, use: number): boolean {
  const row = db
    .prepare<{ readonly revoked: string | null; readonly taken: number }>(
      `select revoked, exists (select 1 from reuses where request = ? and use = ?) as taken
       from reusable where request = ?`,
    )
    .get(request, use, request);
  return row !== undefined && row.revoked === null && row.taken === 0;
}

function selectIsReusable(db: Connection, request: RequestId): boolean {
  return db.prepare('select 1 from reusable where request = ?').get(request) !== undefined;
}
