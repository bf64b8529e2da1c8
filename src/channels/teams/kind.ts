import type { ChannelKind } from '../channel-kind.ts';
import { openTeams } from './open-teams.ts';
import { parseTeamsSettings } from './settings.ts';

/** Cards in Microsoft Teams, with buttons where `buttons` says so; clicks count by the account. */
export const teams: ChannelKind = {
  name: 'teams',
  read(section) {
    const { buttons } = parseTeamsSettings(section);
    return {
      attests: { by: buttons === 'off' ? [] : ['teams'] },
      open: (deps) =>
        openTeams(section, { ...deps, onEvent: (event) => deps.log({ event: 'teams', ...event }) }),
    };
  },
};
