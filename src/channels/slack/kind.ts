import type { ChannelKind } from '../channel-kind.ts';
import { openSlack } from './open-slack.ts';
import { parseSlackSettings } from './settings.ts';

/** Cards in Slack, with buttons where `buttons` says so; clicks count by the account, or by its address. */
export const slack: ChannelKind = {
  name: 'slack',
  read(section) {
    const { buttons, matchEmail } = parseSlackSettings(section);
    const by = matchEmail ? (['slack', 'email'] as const) : (['slack'] as const);
    return {
      attests: { by: buttons === 'off' ? [] : by },
      open: (deps) =>
        openSlack(section, { ...deps, onEvent: (event) => deps.log({ event: 'slack', ...event }) }),
    };
  },
};
