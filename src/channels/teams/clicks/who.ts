import { personOf } from '../../../approval/people/identity.ts';
import type { People } from '../../../approval/people/people.ts';
import { ChatError } from '../../cards/chat-error.ts';
import { type Refusal, refused, type Who } from '../../cards/judge-click.ts';
import { type TeamsApi, type TeamsMember, withoutThread } from '../api/teams-api.ts';
import { type Activity, senderName } from './activity.ts';

/**
 * Asks Teams who this is, now: whoever left, or was made a guest, a minute ago decides nothing. Where Teams
 * does not say it, nobody decides. The tenant was held against the settings before.
 */
export async function identifySender(
  api: TeamsApi,
  people: People,
  activity: Activity,
): Promise<Who> {
  const identity = senderName(activity);
  if (identity === null) {
    return refused(
      'no_account',
      'Teams does not say whose account this is, so nothing was decided',
      null,
    );
  }
  const { from, conversation, serviceUrl } = activity;
  try {
    const at = { service_url: serviceUrl, conversation: withoutThread(conversation.id) };
    return refuseMember(await api.member(at, from.id), activity) ?? identify(people, identity);
  } catch (error) {
    if (error instanceof ChatError) {
      const message = `Teams does not say who you are (\`${error.code}\`), so nothing was decided`;
      return refused('teams_unreachable', message, 'try again in a moment');
    }
    throw error;
  }
}

/** What the roster of the conversation shows. */
function refuseMember(
  { object, tenant, role }: TeamsMember,
  { from, conversation }: Pick<Activity, 'from' | 'conversation'>,
): Refusal | null {
  if (object === null || object.toLowerCase() !== from.aadObjectId) {
    return stranger('an account that this conversation does not know');
  }
  if (tenant === null || tenant.toLowerCase() !== conversation.tenantId) {
    return stranger('an account of another tenant');
  }
  // Teams has `user`, `guest` and `anonymous`; of what is neither said nor known, nothing is assumed.
  return role?.toLowerCase() === 'user'
    ? null
    : stranger(role?.toLowerCase() === 'guest' ? 'a guest' : 'somebody who is no member');
}

function stranger(who: string): Refusal {
  return refused('not_a_member', `${who} decides nothing here`, null);
}

function identify(people: People, identity: string): Who {
  const person = personOf(people, identity);
  const account = identity.slice('teams:'.length);
  return person === null
    ? refused(
        'not_a_person',
        `your Teams account \`${account}\` maps to no person in \`people.yaml\``,
        `ask whoever keeps it to run \`runbook people add NAME --teams ${account}\``,
      )
    : { kind: 'person', person: person.name, identity, matchedBy: null };
}
