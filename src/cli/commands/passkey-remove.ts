import type { Cli } from '../cli.ts';
import { describePasskey } from './passkey-list.ts';

export async function runPasskeyRemove(
  cli: Cli,
  name: string,
  reason: string | null,
): Promise<number> {
  const service = await cli.openService();
  const removed = await service.removePasskey(name, reason);
  cli.print(removed, () => `${removed.passkey} counts no more: ${describePasskey(removed)}\n`);
  return 0;
}
