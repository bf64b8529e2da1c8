import type { Cli } from '../cli.ts';
import { renderKeys } from '../render/keys.ts';
import { resultStyle } from '../styles.ts';

export async function runJournalKeyShow(cli: Cli): Promise<number> {
  const service = await cli.openService();
  const report = await service.keys();
  cli.print(report, () => renderKeys(report, resultStyle(cli)));
  return 0;
}
