import { sanitizeLine } from '../../base/sanitize.ts';
import type { PasskeySummary } from '../../engine/login-reports.ts';
import type { Cli } from '../cli.ts';
import { formatDistance, formatInstant } from '../render/span.ts';
import type { Style } from '../render/style.ts';
import { type Cell, renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export async function runPasskeyList(cli: Cli): Promise<number> {
  const service = await cli.openService();
  const passkeys = await service.passkeys();
  const nowMs = cli.io.clock.now().wallMs;
  cli.print({ passkeys }, () => renderPasskeys(passkeys, resultStyle(cli), nowMs));
  if (passkeys.length === 0) {
    cli.say('no passkeys yet: `runbook passkey invite NAME` prints a link to enrol one');
  }
  return 0;
}

/** Whose it is, what they call it, and where it counts: `robin's "phone" on https://runbook.example.com`. */
export function describePasskey({ person, label, origin }: PasskeySummary): string {
  const what = label === null ? 'passkey' : `"${sanitizeLine(label)}"`;
  return `${person}'s ${what} on ${origin}`;
}

function renderPasskeys(passkeys: readonly PasskeySummary[], style: Style, nowMs: number): string {
  return renderTable(
    passkeys.map((passkey) => [
      { text: passkey.passkey, paint: style.paint.strong },
      standing(passkey, style, nowMs),
      { text: `${describePasskey(passkey)}, ${sanitizeLine(passkey.enrolled_by)}` },
    ]),
    style.columns,
  );
}

function standing(
  { enrolled_at, removed_at }: PasskeySummary,
  { paint }: Style,
  nowMs: number,
): Cell {
  return removed_at === null
    ? { text: `enrolled ${formatDistance(enrolled_at, nowMs)}`, paint: paint.good }
    : { text: `removed ${formatInstant(removed_at)}`, paint: paint.bad };
}
