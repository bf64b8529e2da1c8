import { invitationLink, pageUnnamed } from '../../approval/people/invitation.ts';
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
  const invited = await service.invitePasskey(name, expiresInMs);
  const link = invitationLink(invited.page ?? (await configuredPage(cli)), invited.secret);
  cli.say(
    `${invited.person} enrols one passkey by this link, until ${formatInstant(invited.expires_at)}`,
  );
  cli.say('it works once, for whoever opens it first: give it to nobody else');
  cli.say(
    invited.page === null
      ? 'no server runs just now: it leads to where `serve` in config.yaml says that one will be'
      : 'it leads to the server that runs just now',
  );
  cli.print({ ...invited, link }, () => `${link}\n`);
  return 0;
}

/** Where browsers will see the server of this machine, as long as no flag of it says otherwise. */
async function configuredPage({ io }: Cli): Promise<string> {
  const { readServeSettings } = await import('../../server/settings.ts');
  const { isNamed, originOf } = await import('../../server/web/origin.ts');
  const settings = readServeSettings(loadConfig(io.env).serve, { allowPlainHttp: true });
  const origin = originOf(settings, settings.listen.port);
  if (!isNamed(origin)) {
    throw pageUnnamed('`serve` in `config.yaml` does not say under which name people reach it');
  }
  return origin;
}
