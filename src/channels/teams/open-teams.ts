import type { Clock } from '../../base/clock.ts';
import { lazy } from '../../base/lazy.ts';
import { loadSecret } from '../../base/secret-source.ts';
import type { ParsedYaml } from '../../base/yaml.ts';
import { openAttendance } from '../cards/attendance.ts';
import type { ChatEvent } from '../cards/chat-event.ts';
import { lateEntrance } from '../cards/late-entrance.ts';
import type { Front, HttpEntrance, Reception } from '../channel.ts';
import { openConnector } from './api/connector.ts';
import { isService } from './api/service-url.ts';
import type { TeamsApi } from './api/teams-api.ts';
import { openAppToken } from './api/token.ts';
import { attendTeams, type Teams, tellTeams } from './attend-teams.ts';
import { teamsEntrance } from './clicks/entrance.ts';
import { openInbox } from './clicks/inbox.ts';
import { openIssuerKeys } from './clicks/issuer-keys.ts';
import { examineTeams } from './examine.ts';
import { parseTeamsSettings, type TeamsSettings } from './settings.ts';
import { idle, type TeamsStanding, teamsHealth } from './teams-health.ts';

export interface TeamsDeps {
  readonly clock: Clock;
  /** Where the secret is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This process mounts the entrance: only there Teams reaches us. */
  readonly served: boolean;
  /** Told what comes in, for logs. */
  readonly onEvent: (event: ChatEvent) => void;
  /** Between two messages to one conversation; a second unless a test is in a hurry. */
  readonly paceMs?: number;
  /** Before a secret that is not there is looked for again; a minute unless a test is in a hurry. */
  readonly retryMs?: number;
}

/**
 * Teams as a reception: cards out, clicks in. Reads the value of `channels.teams`; throws InvalidFileError
 * `config_invalid`. The secret is looked up when it is needed: whoever cannot read it can still run what
 * needs none, and a secret that is missing shows in `health`.
 */
export function openTeams(section: ParsedYaml, deps: TeamsDeps): Reception {
  const settings = parseTeamsSettings(section);
  const { served, onEvent, retryMs = 60_000 } = deps;
  const attendance = openAttendance<TeamsStanding>(idle);
  const teams: Teams = {
    settings,
    served,
    api: lazy(() => openApi(settings, deps)),
    report: attendance.report,
    onEvent,
    retryMs,
    working: new Set(),
  };
  return {
    name: 'teams',
    http: openEntrance(teams, deps.clock, attendance.receiver),
    attend: (front, signal) => attendance.during(front, () => attendTeams(teams, front, signal)),
    tell: (front, signal) => tellTeams(teams, front, signal),
    health: () => teamsHealth(attendance.standing(), served),
    examine: () =>
      examineTeams({
        settings,
        openApi: () => openApi(settings, deps),
        front: attendance.receiver(),
      }),
  };
}

/** How long one call may wait for Teams' rate limit before its card is put back. */
const patienceMs = 5_000;

/** Throws ConfigError where the secret is not to be had. */
function openApi(settings: TeamsSettings, { clock, env, paceMs }: TeamsDeps): TeamsApi {
  const { appId, microsoft } = settings;
  const secret = loadSecret(settings.clientSecret, env);
  const { tokenUrl: url, serviceUrl } = microsoft;
  return openConnector({
    clock,
    token: url === null ? null : openAppToken({ url, appId, secret, clock }),
    isService: (address) => isService(address, serviceUrl),
    patienceMs,
    ...(paceMs === undefined ? {} : { paceMs }),
  });
}

function openEntrance(teams: Teams, clock: Clock, attended: () => Front | null): HttpEntrance {
  const { settings, api, onEvent: tell, working, report } = teams;
  const { metadataUrl } = settings.microsoft;
  const keys = metadataUrl === null ? null : openIssuerKeys(metadataUrl, clock);
  const open = () =>
    teamsEntrance(openInbox({ settings, api: api(), keys, tell, working }), attended);
  return lateEntrance('/teams/messages', open, report);
}
