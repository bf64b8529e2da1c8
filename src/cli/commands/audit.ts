import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { auditExportCommand } from './audit-export.ts';
import { auditLogCommand } from './audit-log.ts';
import { auditReportCommand } from './audit-report.ts';
import { auditShowCommand } from './audit-show.ts';
import { auditSyncCommand } from './audit-sync.ts';
import { auditTimestampCommand } from './audit-timestamp.ts';
import { auditVerifyCommand } from './audit-verify.ts';
import { auditWitnessCommand } from './audit-witness.ts';

export function auditCommand(cli: Cli): Command {
  const group = new Command('audit').description('Reads and verifies the journal.');
  group.addCommand(auditLogCommand(cli));
  group.addCommand(auditReportCommand(cli));
  group.addCommand(auditShowCommand(cli));
  group.addCommand(auditVerifyCommand(cli));
  group.addCommand(auditTimestampCommand(cli));
  group.addCommand(auditSyncCommand(cli));
  group.addCommand(auditWitnessCommand(cli));
  group.addCommand(auditExportCommand(cli));
  return group;
}
