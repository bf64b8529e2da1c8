import type { GrantReport } from '../../approval/grant-report.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { describeHole } from '../../runbook/holes/describe-hole.ts';
import type { Cli } from '../cli.ts';
import { formatDistance, formatInstant } from '../render/span.ts';
import type { Style } from '../render/style.ts';
import { type Cell, renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export async function runGrantList(cli: Cli, { all }: { readonly all?: true }): Promise<number> {
  const service = await cli.openService();
  const grants = await service.grants(all === true);
  const nowMs = cli.io.clock.now().wallMs;
  cli.print({ grants }, () => renderGrants(grants, resultStyle(cli), nowMs));
  if (grants.length === 0) {
    cli.say(all === true ? 'nobody has asked for any yet' : 'no approval holds for later runs');
  }
  return 0;
}

function renderGrants(grants: readonly GrantReport[], style: Style, nowMs: number): string {
  return renderTable(
    grants.map((grant) => [
      { text: grant.words, paint: style.paint.strong },
      standing(grant, style, nowMs),
      { text: `${grant.runbook}/${grant.step} in ${grant.environment}` },
      { text: describeGrant(grant) },
    ]),
    style.columns,
  );
}

function standing(grant: GrantReport, { paint }: Style, nowMs: number): Cell {
  const { state, uses, max_uses, until, revoked_at } = grant;
  switch (state) {
    case 'standing': {
      const left = `${max_uses - uses} of ${max_uses} uses left`;
      return {
        text: until === null ? left : `${left}, ends ${formatDistance(until, nowMs)}`,
        paint: paint.good,
      };
    }
    case 'revoked':
      return {
        text: revoked_at === null ? state : `revoked ${formatInstant(revoked_at)}`,
        paint: paint.bad,
      };
    case 'asked':
      return { text: 'asked', paint: paint.careful };
    case 'spent':
    case 'over':
    case 'ended':
      return { text: state };
  }
}

/** `shards; shard: whole number from 1 to 8; approved by robin`. */
export function describeGrant({ rule, vary, approved_by }: GrantReport): string {
  const holes = vary.length === 0 ? ['nothing may differ'] : vary.map(describeHole);
  const by = approved_by.length === 0 ? 'nobody yet' : approved_by.join(', ');
  return sanitizeLine([rule, ...holes, `approved by ${by}`].join('; '));
}
