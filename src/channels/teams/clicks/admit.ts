import { isService } from '../api/service-url.ts';
import type { TeamsSettings } from '../settings.ts';
import type { Activity } from './activity.ts';

/** Why an activity is not taken in, though its call was genuine. */
export type ActivityProblem =
  | 'bearer_service_url'
  | 'service_not_allowed'
  | 'wrong_channel'
  | 'wrong_tenant';

/**
 * Holds an activity against its token and the settings; null where it may come in. `tokenService` is what the
 * token is for, null where a test brings none. Both places that name the tenant must name the same: one
 * alone could be made up by whoever made the other.
 */
export function refuseActivity(
  { serviceUrl, channelId, conversation, channelData }: Activity,
  { tenants, microsoft }: Pick<TeamsSettings, 'tenants' | 'microsoft'>,
  tokenService: string | null,
): ActivityProblem | null {
  if (tokenService !== null && tokenService !== serviceUrl) {
    return 'bearer_service_url';
  }
  if (!isService(serviceUrl, microsoft.serviceUrl)) {
    return 'service_not_allowed';
  }
  if (channelId !== 'msteams') {
    return 'wrong_channel';
  }
  const { tenantId } = conversation;
  const agreed = tenantId !== undefined && tenantId === channelData.tenant?.id;
  return agreed && tenants.includes(tenantId) ? null : 'wrong_tenant';
}
