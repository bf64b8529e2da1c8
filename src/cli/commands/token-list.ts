import { sanitizeLine } from '../../base/sanitize.ts';
import type { TokenSummary } from '../../engine/login-reports.ts';
import type { Cli } from '../cli.ts';
import { formatDistance, formatInstant } from '../render/span.ts';
import type { Style } from '../render/style.ts';
import { type Cell, renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export async function runTokenList(cli: Cli): Promise<number> {
  const service = await cli.openService();
  const tokens = await service.tokens();
  const nowMs = cli.io.clock.now().wallMs;
  cli.print({ tokens }, () => renderTokens(tokens, resultStyle(cli), nowMs));
  if (tokens.length === 0) {
    cli.say('no tokens yet: `runbook token create` issues one');
  }
  return 0;
}

/** Whom it is for, and what it allows: `for person ana: start, read (laptop)`. */
export function describeToken({ holder, scopes, label }: TokenSummary): string {
  const what = `for ${holder.kind} ${holder.id}: ${scopes.join(', ')}`;
  return label === null ? what : `${what} (${sanitizeLine(label)})`;
}

function renderTokens(tokens: readonly TokenSummary[], style: Style, nowMs: number): string {
  return renderTable(
    tokens.map((token) => [
      { text: token.token, paint: style.paint.strong },
      standing(token, style, nowMs),
      { text: describeToken(token) },
    ]),
    style.columns,
  );
}

function standing({ expires_at, revoked_at }: TokenSummary, { paint }: Style, nowMs: number): Cell {
  if (revoked_at !== null) {
    return { text: `revoked ${formatInstant(revoked_at)}`, paint: paint.bad };
  }
  return nowMs < Date.parse(expires_at)
    ? { text: `expires ${formatDistance(expires_at, nowMs)}`, paint: paint.good }
    : { text: `expired ${formatDistance(expires_at, nowMs)}`, paint: paint.careful };
}
