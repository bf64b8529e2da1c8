import type { Cli } from '../cli.ts';
import { describeToken } from './token-list.ts';

export async function runTokenRevoke(cli: Cli, name: string): Promise<number> {
  const service = await cli.openService();
  const revoked = await service.revokeToken(name);
  cli.print(revoked, () => `${revoked.token} opens nothing any more: ${describeToken(revoked)}\n`);
  return 0;
}
