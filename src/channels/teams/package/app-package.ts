import type { JsonObject } from '../../../base/json.ts';
import { colourIcon, outlineIcon } from './icons.ts';
import { writeZip } from './zip.ts';

export interface AppOfTeams {
  /** The bot's Microsoft App ID. */
  readonly appId: string;
  /** Where people reach the server: `https://runbook.example.com`. */
  readonly url: string;
}

/** The app as Teams takes it under "Upload an app": a manifest and two icons, zipped. */
export function teamsPackage(app: AppOfTeams): Buffer {
  return writeZip({
    'manifest.json': Buffer.from(`${JSON.stringify(teamsManifest(app), null, 2)}\n`),
    'color.png': colourIcon(),
    'outline.png': outlineIcon(),
  });
}

/**
 * The manifest (learn.microsoft.com, "App manifest for Teams", 1.17). It asks for no permission beyond a
 * bot's own: of a conversation it sees who is in it, and what is said to it by name.
 */
function teamsManifest({ appId, url }: AppOfTeams): JsonObject {
  const site = url.replace(/\/$/, '');
  return {
    $schema:
      'https://developer.microsoft.com/en-us/json-schemas/teams/v1.17/MicrosoftTeams.schema.json',
    manifestVersion: '1.17',
    version: '1.0.0',
    id: appId,
    developer: { name: 'runbook', websiteUrl: site, privacyUrl: site, termsOfUseUrl: site },
    name: { short: 'runbook', full: 'runbook approvals' },
    description: {
      short: 'Asks before anything privileged runs',
      full: 'Shows what would run, where, and who asks for it, and takes the decision of whoever may give it.',
    },
    icons: { color: 'color.png', outline: 'outline.png' },
    accentColor: '#1F2937',
    bots: [
      {
        botId: appId,
        scopes: ['personal', 'team', 'groupChat'],
        isNotificationOnly: false,
        supportsFiles: false,
      },
    ],
    permissions: ['identity', 'messageTeamMembers'],
    validDomains: [new URL(site).hostname],
  };
}
