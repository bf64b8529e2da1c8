import { invitationLink } from '../../approval/people/invitation.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Cli } from '../cli.ts';
import { formatInstant } from '../render/span.ts';

/** The link stands alone on stdout, so that it can go straight to whom it is for. */
export async function runPasskeyInvite(
  cli: Cli,
  name: string,
  expiresInMs: number,
): Promise<number> {
  const service = await cli.openService();
  const url = await pageUrl(cli);
  const invited = await service.invitePasskey(name, expiresInMs);
  const link = invitationLink(url, invited.secret);
  cli.say(
    `${invited.person} enrols one passkey by this link, until ${formatInstant(invited.expires_at)}`,
  );
  cli.say('it works once, for whoever opens it first: give it to nobody else');
  cli.print({ ...invited, link }, () => `${link}\n`);
  return 0;
}

/** Where browsers reach the server of this machine, whether it runs just now or not. */
async function pageUrl({ io }: Cli): Promise<string> {
  const { readServeSettings } = await import('../../server/settings.ts');
  const { originOf } = await import('../../server/web/origin.ts');
  const settings = readServeSettings(loadConfig(io.env).serve, {});
  return originOf(settings, settings.listen.port);
}
