import { dirname, join, resolve } from 'node:path';
import type { CaseReport, NamedText, PolicyTestReport } from '../../engine/policy/reports.ts';
import type { Cli } from '../cli.ts';
import { readTextFile } from '../params.ts';
import type { Style } from '../render/style.ts';
import { resultStyle } from '../styles.ts';

/** Exits 1 where a case fails. */
export async function runPolicyTest(cli: Cli, files: readonly string[]): Promise<number> {
  const tools = await cli.openPolicyTools();
  const tables = files.map((file) => ({
    table: readNamed(cli, file),
    read: (path: string) => readNamed(cli, path.startsWith('/') ? path : join(dirname(file), path)),
  }));
  const report = tools.test(tables);
  cli.print(report, () => renderCases(report, resultStyle(cli)));
  return report.failed === 0 ? 0 : 1;
}

/** A file as somebody named it. Throws UsageError `file_unreadable`. */
export function readNamed(cli: Cli, file: string): NamedText {
  return { file, text: readTextFile(resolve(cli.io.cwd, file), file) };
}

function renderCases({ cases, passed, failed }: PolicyTestReport, style: Style): string {
  const { paint } = style;
  const lines = cases.map((each) => renderCase(each, style));
  const sum = `${passed} passed, ${failed} failed`;
  return `${lines.join('')}\n${failed === 0 ? paint.good(sum) : paint.bad(sum)}\n`;
}

function renderCase({ ok, file, line, name, differences }: CaseReport, { paint }: Style): string {
  const head = ok ? paint.good('ok') : paint.bad('failed');
  const where = ok ? '' : ` ${paint.quiet(`(${file}:${line})`)}`;
  return [`${head} ${name}${where}`, ...differences.map((each) => `   ${each}`), ''].join('\n');
}
