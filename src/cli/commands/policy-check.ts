import type { PolicyCheckReport } from '../../engine/policy/reports.ts';
import type { Cli } from '../cli.ts';
import type { Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { standingPasskeys } from '../standing-passkeys.ts';
import { resultStyle } from '../styles.ts';
import { readNamed } from './policy-test.ts';

/** Files to look at instead of the trusted ones. */
export interface PolicyFileFlags {
  readonly policy?: string;
  readonly people?: string;
  readonly config?: string;
}

export interface PolicyCheckFlags extends PolicyFileFlags {
  readonly strict?: true;
}

/** Exits 2 where a file is invalid, and with `--strict` 1 where there is a warning. */
export async function runPolicyCheck(
  cli: Cli,
  { strict, ...flags }: PolicyCheckFlags,
): Promise<number> {
  const tools = await cli.openPolicyTools();
  // Another people.yaml may be another host's, whose journal is not here.
  const passkeys = flags.people === undefined ? await standingPasskeys(cli) : [];
  const report = await tools.check(readGiven(cli, flags), passkeys);
  cli.print({ ok: report.findings.length === 0, ...report }, () =>
    renderCheck(report, resultStyle(cli)),
  );
  return strict === true && report.findings.length > 0 ? 1 : 0;
}

/** Throws UsageError `file_unreadable`. */
export function readGiven(
  cli: Cli,
  { policy, people, config }: PolicyFileFlags,
): Parameters<Awaited<ReturnType<Cli['openPolicyTools']>>['check']>[0] {
  return {
    ...(policy === undefined ? {} : { policy: readNamed(cli, policy) }),
    ...(people === undefined ? {} : { people: readNamed(cli, people) }),
    ...(config === undefined ? {} : { config: readNamed(cli, config) }),
  };
}

function renderCheck({ findings, unchecked }: PolicyCheckReport, style: Style): string {
  const { paint, columns } = style;
  const lines = findings.map((found) => {
    const place = `${found.file}:${found.line}:${found.column}`;
    const rule = found.rule === null ? '' : `\`${found.rule}\`: `;
    const hint = found.hint === null ? '' : `\nhint: ${found.hint}`;
    return renderTable(
      [[{ text: place, paint: paint.quiet }, { text: `${rule}${found.message}${hint}` }]],
      columns,
    );
  });
  const skipped = unchecked.map((rule) => `not looked at, too much to try: \`${rule}\`\n`);
  const sum =
    findings.length === 0
      ? paint.good('nothing found')
      : paint.careful(`${findings.length} ${findings.length === 1 ? 'warning' : 'warnings'}`);
  return [...lines, ...skipped, `${sum}\n`].join('');
}
