import { UsageError } from '../../base/errors.ts';
import { teamsPackage } from '../../channels/teams/package/app-package.ts';
import type { Cli } from '../cli.ts';
import { optionMissing } from '../usage.ts';
import { writeNewFile } from '../write-file.ts';

export interface TeamsFlags {
  /** Where the package is written. */
  readonly teamsPackage?: string;
  readonly teamsAppId?: string;
  readonly teamsUrl?: string;
}

/** Writes the app as Teams takes it, and nothing else. Throws UsageError `usage`, `file_unwritable`. */
export function writeTeamsPackage(cli: Cli, file: string, flags: TeamsFlags): number {
  const { teamsAppId: appId, teamsUrl: url } = flags;
  if (appId === undefined) {
    throw optionMissing('init', '--teams-app-id <id>');
  }
  if (url === undefined) {
    throw optionMissing('init', '--teams-url <url>');
  }
  assertAppId(appId);
  assertUrl(url);
  writeNewFile(cli, file, teamsPackage({ appId, url }));
  cli.print({ file }, () => `${file}: in Teams, Apps, Manage your apps, Upload an app\n`);
  return 0;
}

function assertAppId(appId: string): void {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(appId)) {
    throw new UsageError({
      code: 'usage',
      message: `\`${appId}\` is no app's id, such as \`0f0e0d0c-0b0a-0908-0706-050403020100\``,
      hint: 'portal.azure.com, App registrations, your app: Application (client) ID',
    });
  }
}

function assertUrl(url: string): void {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new UsageError({
      code: 'usage',
      message: `\`--teams-url\` must be an https address, not \`${url}\``,
      hint: 'Teams calls the server there',
    });
  }
}
