import { setTimeout as timer } from 'node:timers/promises';
import { personOf } from '../../../approval/people/identity.ts';
import type { People } from '../../../approval/people/people.ts';
import { ChatError } from '../../cards/chat-error.ts';
import { type Refusal, refused, type Who } from '../../cards/judge-click.ts';
import { type SlackApi, type SlackSelf, type SlackUser } from '../api/slack-api.ts';
import type { SlackSettings } from '../settings.ts';
import type { Sender } from './payload.ts';

/** A member of our own workspace, whoever it is in `people.yaml`. */
export interface Member {
  readonly kind: 'member';
  /** Written `TEAM/USER`, as `people.yaml` has them: of the organisation where there is one, of the workspace. */
  readonly accounts: readonly [string, ...string[]];
  /** For people to recognise; anybody may call themselves anything. */
  readonly name: string;
  readonly email: string | null;
}

/**
 * Asks Slack who this is, now: whoever left, or was made a guest, a minute ago decides nothing. Where
 * Slack does not say it within `patienceMs`, nobody decides.
 */
export async function askMember(
  api: SlackApi,
  sender: Sender,
  patienceMs: number,
): Promise<Member | Refusal> {
  const late = new AbortController();
  try {
    return await Promise.race([
      lookUp(api, sender),
      timer(patienceMs, unreachable('timeout'), { signal: late.signal }),
    ]);
  } catch (error) {
    if (error instanceof ChatError) {
      return unreachable(error.code);
    }
    throw error;
  } finally {
    late.abort();
  }
}

async function lookUp(api: SlackApi, sender: Sender): Promise<Member | Refusal> {
  const self = await api.whoAmI();
  return refuseSender(self, sender) ?? memberOf(self, sender, await api.user(sender.user));
}

/** The one person a member is. Addresses count only where the settings say so (`match_email`). */
export function identify(
  people: People,
  member: Member,
  { matchEmail }: Pick<SlackSettings, 'matchEmail'>,
): Who {
  const [account] = member.accounts;
  const mapped = member.accounts.flatMap((each) => {
    const identity = `slack:${each}`;
    const person = personOf(people, identity);
    return person === null ? [] : [{ person: person.name, identity }];
  });
  const [first] = mapped;
  if (mapped.some(({ person }) => person !== first?.person)) {
    return refused(
      'ambiguous',
      'your Slack account is mapped to two people',
      'ask whoever keeps `people.yaml`',
    );
  }
  if (first !== undefined) {
    return { kind: 'person', ...first, matchedBy: null };
  }
  const matchedBy = `email:${member.email ?? ''}`;
  const person = matchEmail && member.email !== null ? personOf(people, matchedBy) : null;
  return person === null
    ? refused(
        'not_a_person',
        `your Slack account \`${account}\` maps to no person in \`people.yaml\``,
        'link it: run `runbook people link slack` in a terminal',
      )
    : { kind: 'person', person: person.name, identity: `slack:${account}`, matchedBy };
}

/** What the payload alone shows: another app's, another workspace's. */
export function refuseSender(self: SlackSelf, sender: Sender): Refusal | null {
  if (sender.app !== null && self.app !== null && sender.app !== self.app) {
    return refused('wrong_app', 'this came from another Slack app', null);
  }
  const sameOrganisation = self.enterprise !== null && sender.enterprise === self.enterprise;
  const home = sameOrganisation || (sender.team === self.team && sender.userTeam === self.team);
  return home
    ? null
    : refused(
        'wrong_workspace',
        'your account is of another workspace than this app',
        'only members of its own workspace decide',
      );
}

/** What `users.info` shows. Pure, so that every combination can be tried. */
export function memberOf(self: SlackSelf, sender: Sender, user: SlackUser): Member | Refusal {
  const strange = strangeness(self, sender, user);
  if (strange !== null) {
    return refused('not_a_member', `${strange} decides nothing here`, null);
  }
  const { enterprise } = self;
  const own = `${sender.userTeam}/${user.id}`;
  return {
    kind: 'member',
    accounts: enterprise === null ? [own] : [`${enterprise}/${user.id}`, own],
    name: user.name,
    email: user.email,
  };
}

function strangeness(self: SlackSelf, sender: Sender, user: SlackUser): string | null {
  if (user.id !== sender.user || !isOfOurs(self, user)) {
    return 'an account of another workspace';
  }
  if (user.deleted) {
    return 'a deactivated account';
  }
  if (user.bot) {
    return 'a bot';
  }
  if (user.guest) {
    return 'a guest';
  }
  return user.stranger ? 'somebody from outside' : null;
}

function isOfOurs(self: SlackSelf, user: SlackUser): boolean {
  const { team, enterprise } = self;
  return (
    user.team === team || (enterprise !== null && [user.team, user.enterprise].includes(enterprise))
  );
}

function unreachable(code: string): Refusal {
  const message = `Slack does not say who you are (\`${code}\`), so nothing was decided`;
  return refused('slack_unreachable', message, 'try again in a moment');
}
