import type { RequestId } from '../base/ids.ts';

/** Where a server of this address shows a request. The address is no capability: it only names. */
export function requestUrl(server: string, request: RequestId): string {
  return `${server}/requests/${request}`;
}
