import type { Command } from 'commander';
import type { Json } from '../base/json.ts';
import type { StartInput } from '../engine/service.ts';
import { parseAt } from './at.ts';
import type { Cli } from './cli.ts';
import { collect } from './flags.ts';
import type { OpenRunbook } from './runbooks.ts';

/** The flags that `exec` and `plan` share. */
export interface StartFlags {
  readonly environment?: string;
  readonly reason?: string;
  readonly ticket?: string;
  /** RFC 3339. */
  readonly at?: string;
  readonly breakGlass?: string;
  readonly override?: readonly string[];
  readonly grant?: string;
}

export function addStartFlags(command: Command): Command {
  return command
    .option('-e, --environment <name>', 'where it runs; without it the default of config.yaml')
    .option('--reason <text>', 'why, for reviewers and the journal')
    .option('--ticket <id>', 'the ticket it belongs to')
    .option(
      '--break-glass <rule>',
      'act on your own signature, under this rule of policy; takes --reason, and somebody else owes a review',
    )
    .option(
      '--override <rule>',
      'ask that this denying rule be lifted for the run; takes --reason; may be repeated',
      collect,
    )
    .option(
      '--grant <rule>',
      'ask that the approval hold for later runs, too, within this rule of policy',
    );
}

export function addAtFlag(command: Command, { io }: Cli): Command {
  return command.option(
    '--at <time>',
    'start it then and no earlier: `+2h`, `22:00`, `2026-12-01 22:00`, or RFC 3339',
    (text) => parseAt(text, io.clock.now().wallMs),
  );
}

export function startInput(
  { name, file, dir, text, trusted }: OpenRunbook,
  given: Readonly<Record<string, Json>>,
  { environment, reason, ticket, at, breakGlass, override, grant }: StartFlags,
): StartInput {
  return {
    source: { name, file, dir, text, trusted },
    given,
    environment: environment ?? null,
    reason: reason ?? null,
    ticket: ticket ?? null,
    ...(at === undefined ? {} : { notBefore: at }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(override === undefined ? {} : { overrides: override }),
    ...(grant === undefined ? {} : { reuse: grant }),
  };
}
