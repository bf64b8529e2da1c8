import { personOf } from '../../../approval/people/identity.ts';
import { brief, mention, words } from '../../cards/piece.ts';
import type { Answer, Front } from '../../channel.ts';
import { withoutThread } from '../api/teams-api.ts';
import { replyActivity } from '../card/activity.ts';
import { type Activity, senderName } from './activity.ts';
import type { Inbox } from './inbox.ts';

/**
 * Calls whoever clicked, under the card, where nothing came of a click that took longer to check than Teams
 * waits: they had been told that it was being checked. What was decided the card itself shows. Throws ChatError.
 */
export async function tellLate(
  { api, settings }: Inbox,
  front: Front,
  { activity, answer }: { readonly activity: Activity; readonly answer: Answer },
): Promise<void> {
  const { conversation, serviceUrl, replyToId } = activity;
  if (answer.accepted || replyToId === undefined) {
    return;
  }
  const people = front.people();
  const person = personOf(people, senderName(activity) ?? '');
  const called = person === null ? [] : [mention(people, person.name), words(' ')];
  const pieces = [...called, words(`That took long to check. ${brief(answer.message, 500)}.`)];
  const card = { service_url: serviceUrl, conversation: withoutThread(conversation.id) };
  await api.reply({ ...card, activity: replyToId }, replyActivity(pieces, settings.tenants));
}
