import type { Command } from 'commander';
import type { Json } from '../base/json.ts';
import type { StartInput } from '../engine/service.ts';
import type { OpenRunbook } from './runbooks.ts';

/** The flags that `exec` and `plan` share. */
export interface StartFlags {
  readonly environment?: string;
  readonly reason?: string;
  readonly ticket?: string;
}

export function addStartFlags(command: Command): Command {
  return command
    .option('-e, --environment <name>', 'where it runs; without it the default of config.yaml')
    .option('--reason <text>', 'why, for reviewers and the journal')
    .option('--ticket <id>', 'the ticket it belongs to');
}

export function startInput(
  { name, file, dir, text, trusted }: OpenRunbook,
  given: Readonly<Record<string, Json>>,
  { environment, reason, ticket }: StartFlags,
): StartInput {
  return {
    source: { name, file, dir, text, trusted },
    given,
    environment: environment ?? null,
    reason: reason ?? null,
    ticket: ticket ?? null,
  };
}
