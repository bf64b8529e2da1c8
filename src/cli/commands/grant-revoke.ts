import type { Cli } from '../cli.ts';
import { describeGrant } from './grant-list.ts';

export async function runGrantRevoke(
  cli: Cli,
  request: string,
  { reason }: { readonly reason?: string },
): Promise<number> {
  const service = await cli.openService();
  const revoked = await service.revokeGrant(request, reason ?? null);
  const { words, runbook, step } = revoked;
  cli.print(
    revoked,
    () => `${words} holds for no run any more: ${runbook}/${step}; ${describeGrant(revoked)}\n`,
  );
  return 0;
}
