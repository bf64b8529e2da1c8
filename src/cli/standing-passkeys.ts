import type { PasskeySummary } from '../engine/login-reports.ts';
import type { Cli } from './cli.ts';

/** The passkeys that count, by the journal of this account; none where it has none. */
export async function standingPasskeys(cli: Cli): Promise<readonly PasskeySummary[]> {
  if (!(await cli.hasJournal())) {
    return [];
  }
  const service = await cli.openLocalService();
  return (await service.passkeys()).filter(({ removed_at }) => removed_at === null);
}
