import { Command } from 'commander';
import type { Finding } from '../../engine/reports.ts';
import type { Service } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import type { Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export function doctorCommand(cli: Cli): Command {
  return new Command('doctor')
    .description('Checks that everything is in place, and says what to do where it is not.')
    .addHelpText('after', '\nExample:\n  runbook doctor')
    .action(async () => cli.finish(await runDoctor(cli)));
}

export async function runDoctor(cli: Cli): Promise<number> {
  const service = await openDoctor(cli);
  const findings = await service.doctor();
  const ok = findings.every((finding) => finding.ok);
  cli.print({ ok, findings }, () => renderFindings(findings, resultStyle(cli)));
  return ok ? 0 : 1;
}

/** Where `config.yaml` is what is wrong, nobody can say which server it names: this machine is examined. */
async function openDoctor(cli: Cli): Promise<Service> {
  const server = await cli.server().catch(() => null);
  return server === null ? cli.openLocalService() : cli.openService();
}

export function renderFindings(findings: readonly Finding[], { paint, columns }: Style): string {
  return renderTable(
    findings.map(({ name, ok, message, hint }) => [
      ok ? { text: 'ok', paint: paint.good } : { text: 'not ok', paint: paint.bad },
      { text: name, paint: paint.strong },
      { text: hint === null ? message : `${message}\nhint: ${hint}` },
    ]),
    columns,
  );
}
