import { randomUUID } from 'node:crypto';
import { objects, tenant } from './service.ts';

/** What Teams says when somebody presses a button of ours; parts of it may be another's. */
export interface ActivityParts {
  readonly user?: keyof typeof objects;
  readonly decision?: 'approve' | 'reject';
  readonly request?: unknown;
  readonly reason?: string;
  readonly conversation?: string;
  readonly activity?: string;
  readonly serviceUrl: string;
  /** Laid over the whole. */
  readonly more?: object;
}

export const conversation = '19:ops@thread.tacv2';
export const cardAt = '1700000000000';

export function aPress(parts: ActivityParts): object {
  const { user = 'robin', decision = 'approve', activity = cardAt } = parts;
  return {
    ...anActivity('invoke', parts),
    name: 'adaptiveCard/action',
    from: { id: `29:${user}`, name: 'Ana Admin', aadObjectId: objects[user] },
    replyToId: activity,
    value: {
      action: {
        type: 'Action.Execute',
        verb: `runbook.${decision}`,
        data: { request: parts.request, reason: parts.reason ?? '', remark: parts.reason ?? '' },
      },
      trigger: 'manual',
    },
    ...parts.more,
  };
}

/** The app comes into a conversation, or leaves it. */
export function anInstallation(
  action: 'add' | 'remove',
  parts: ActivityParts & { readonly personal?: boolean },
): object {
  const activity = anActivity('installationUpdate', parts);
  const type = parts.personal === true ? 'personal' : 'channel';
  const place = { ...activity.conversation, conversationType: type };
  return { ...activity, action, conversation: place, ...parts.more };
}

function anActivity(
  type: string,
  { conversation: id = conversation, activity, serviceUrl }: ActivityParts,
) {
  const thread = type === 'invoke' ? `;messageid=${activity ?? cardAt}` : '';
  return {
    type,
    id: randomUUID(),
    channelId: 'msteams',
    serviceUrl,
    from: { id: '29:ana', aadObjectId: objects.ana },
    recipient: { id: '28:app', name: 'runbook' },
    conversation: { id: id + thread, tenantId: tenant, isGroup: true },
    channelData: { tenant: { id: tenant }, team: { id: 'team', name: 'Ops' } },
  };
}
