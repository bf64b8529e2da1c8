import { resolve } from 'node:path';
import { Command } from 'commander';
import { RunbookError } from '../../base/errors.ts';
import { InvalidFileError, type Problem } from '../../base/problem.ts';
import { parseRunbook } from '../../runbook/parse/parse.ts';
import type { Cli } from '../cli.ts';
import { readTextFile } from '../params.ts';

export function validateCommand(cli: Cli): Command {
  return new Command('validate')
    .description('Checks runbook files, each by itself, and lists every problem with its place.')
    .argument('<files...>', 'runbook files')
    .addHelpText('after', '\nExample:\n  runbook validate runbooks/*.yaml')
    .action((files: readonly string[]) => cli.finish(runValidate(cli, files)));
}

interface CheckedFile {
  readonly file: string;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  /** For people; empty where the file is fine. */
  readonly message: string;
}

/** Exits 2 where any of them is invalid. */
export function runValidate(cli: Cli, files: readonly string[]): number {
  const checked = files.map((file) => check(cli, file));
  const ok = checked.every((it) => it.ok);
  const listed = checked.map(({ file, ok, problems }) => ({ file, ok, problems }));
  cli.print({ ok, files: listed }, () => checked.map((it) => renderFile(it, cli)).join(''));
  return ok ? 0 : 2;
}

function check(cli: Cli, file: string): CheckedFile {
  const text = readTextFile(resolve(cli.io.cwd, file), file);
  try {
    parseRunbook(text, file);
    return { file, ok: true, problems: [], message: '' };
  } catch (error) {
    if (error instanceof RunbookError) {
      const problems = error instanceof InvalidFileError ? error.problems : [];
      return { file, ok: false, problems, message: error.message };
    }
    throw error;
  }
}

function renderFile({ file, ok, message }: CheckedFile, { paint }: Cli): string {
  return ok ? `${paint.stdout.good('ok')} ${file}\n` : `${message}\n`;
}
