/** Where bots without an address of their own reach Teams (learn.microsoft.com, "Send proactive messages"). */
export const globalService = 'https://smba.trafficmanager.net/teams/';

/**
 * Whether cards and our token may go to this address. Whoever can name another gets a token that speaks for
 * the app, so that it must be Microsoft's own, or exactly the one of a test.
 */
export function isService(address: string, testUrl: string | null): boolean {
  return testUrl === null ? isTeams(address) : address === testUrl;
}

function isTeams(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  return (
    url !== null &&
    url.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '' &&
    (url.hostname === 'smba.trafficmanager.net' ||
      /^([a-z0-9-]+\.)+teams\.microsoft\.com$/.test(url.hostname))
  );
}
