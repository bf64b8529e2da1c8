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
  if (removed.sessions_ended > 0) {
    const { sessions_ended: ended } = removed;
    cli.say(
      ended === 1 ? 'the session that it opened ended' : `${ended} sessions that it opened ended`,
    );
  }
  return 0;
}
