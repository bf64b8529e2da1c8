import { Command } from 'commander';
import { runbookJsonSchema } from '../../runbook/json-schema.ts';
import type { Cli } from '../cli.ts';

export function schemaCommand(cli: Cli): Command {
  return new Command('schema')
    .description('Prints the JSON Schema of runbook files, for editors.')
    .addHelpText(
      'after',
      `
Example:
  runbook schema > runbook.schema.json
and in a runbook's first line:
  # yaml-language-server: $schema=./runbook.schema.json`,
    )
    .action(() => cli.finish(runSchema(cli)));
}

export function runSchema(cli: Cli): number {
  const schema = runbookJsonSchema();
  cli.print(schema, () => `${JSON.stringify(schema, null, 2)}\n`);
  return 0;
}
