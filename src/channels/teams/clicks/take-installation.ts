import type { Front } from '../../channel.ts';
import { withoutThread } from '../api/teams-api.ts';
import { forgetInstalled, rememberInstalled } from '../conversations.ts';
import type { Activity } from './activity.ts';

/**
 * Remembers where the app was installed, and forgets where it was removed (`installationUpdate`, and
 * `conversationUpdate` of the app itself). Answers what happened, in words; null where it was nothing of that.
 */
export async function takeInstallation(
  { notes, clock }: Front,
  activity: Activity,
): Promise<string | null> {
  const conversation = withoutThread(activity.conversation.id);
  switch (changeOf(activity)) {
    case 'added':
      await rememberInstalled(notes, {
        service_url: activity.serviceUrl,
        conversation,
        name: activity.channelData.team?.name.slice(0, 200) ?? '',
        personal: activity.conversation.conversationType === 'personal',
        at: new Date(clock.now().wallMs).toISOString(),
      });
      return `installed in \`${conversation}\``;
    case 'removed':
      await forgetInstalled(notes, conversation);
      return `removed from \`${conversation}\``;
    case null:
      return null;
  }
}

function changeOf(activity: Activity): 'added' | 'removed' | null {
  const { type, action, recipient, membersAdded, membersRemoved } = activity;
  const isApp = ({ id }: { readonly id: string }): boolean => id === recipient.id;
  if (type === 'installationUpdate') {
    return action === undefined || !Object.hasOwn(changes, action)
      ? null
      : (changes[action] ?? null);
  }
  if (type !== 'conversationUpdate') {
    return null;
  }
  return membersRemoved.some(isApp) ? 'removed' : membersAdded.some(isApp) ? 'added' : null;
}

const changes: Readonly<Record<string, 'added' | 'removed'>> = {
  add: 'added',
  'add-upgrade': 'added',
  remove: 'removed',
  'remove-upgrade': 'removed',
};
