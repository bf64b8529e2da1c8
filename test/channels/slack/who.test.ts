import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePeople } from '../../../src/approval/people/people-schema.ts';
import { ChatError } from '../../../src/channels/cards/chat-error.ts';
import {
  type SlackApi,
  type SlackSelf,
  type SlackUser,
} from '../../../src/channels/slack/api/slack-api.ts';
import type { Sender } from '../../../src/channels/slack/clicks/payload.ts';
import {
  askMember,
  identify,
  memberOf,
  refuseSender,
} from '../../../src/channels/slack/clicks/who.ts';

const self: SlackSelf = {
  team: 'T0TEAM',
  enterprise: null,
  botUser: 'U0BOT',
  app: 'A0APP',
  scopes: [],
};
const org: SlackSelf = { ...self, enterprise: 'E0ORG' };

function aSender(changes: Partial<Sender> = {}): Sender {
  return {
    user: 'U0ROBIN',
    userTeam: 'T0TEAM',
    team: 'T0TEAM',
    enterprise: null,
    app: 'A0APP',
    ...changes,
  };
}

function aUser(changes: Partial<SlackUser> = {}): SlackUser {
  return {
    id: 'U0ROBIN',
    team: 'T0TEAM',
    enterprise: null,
    name: 'Robin',
    deleted: false,
    bot: false,
    guest: false,
    stranger: false,
    email: 'robin@example.com',
    ...changes,
  };
}

/** Nothing else of it is asked. */
function anApi(user: SlackApi['user']): SlackApi {
  return { whoAmI: async () => self, user } as SlackApi;
}

const people = parsePeople(
  `people:
  - { name: robin, slack: [T0TEAM/U0ROBIN] }
  - { name: kim, slack: [E0ORG/U0KIM], emails: [kim@example.com] }
  - { name: ana, emails: [ana@example.com] }`,
  'people.yaml',
);

describe('an account of our own workspace', () => {
  test('is a member, known by workspace and user', () => {
    expect(refuseSender(self, aSender())).toBeNull();
    expect(memberOf(self, aSender(), aUser())).toEqual({
      kind: 'member',
      accounts: ['T0TEAM/U0ROBIN'],
      name: 'Robin',
      email: 'robin@example.com',
    });
  });

  test('of an organisation is known by the organisation too', () => {
    const sender = aSender({ enterprise: 'E0ORG', team: 'T0SISTER', userTeam: 'T0SISTER' });
    expect(refuseSender(org, sender)).toBeNull();
    expect(memberOf(org, sender, aUser({ team: 'T0SISTER', enterprise: 'E0ORG' }))).toMatchObject({
      accounts: ['E0ORG/U0ROBIN', 'T0SISTER/U0ROBIN'],
    });
  });
});

describe('an account that decides nothing', () => {
  test.each<[string, Partial<Sender>, string]>([
    ['another app', { app: 'A0OTHER' }, 'wrong_app'],
    ['another workspace', { team: 'T0OTHER', userTeam: 'T0OTHER' }, 'wrong_workspace'],
    ['a shared channel', { userTeam: 'T0OTHER' }, 'wrong_workspace'],
    [
      'another organisation',
      { team: 'T0OTHER', userTeam: 'T0OTHER', enterprise: 'E0OTHER' },
      'wrong_workspace',
    ],
  ])('comes from %s', (_, changes, code) => {
    expect(refuseSender(self, aSender(changes))).toMatchObject({ kind: 'refused', code });
  });

  test.each<[string, Partial<SlackUser>]>([
    ['deactivated', { deleted: true }],
    ['a bot', { bot: true }],
    ['a guest', { guest: true }],
    ['from outside', { stranger: true }],
    ['of another workspace', { team: 'T0OTHER' }],
    ['somebody else than who clicked', { id: 'U0KIM' }],
  ])('is %s', (_, changes) => {
    expect(memberOf(self, aSender(), aUser(changes))).toMatchObject({
      kind: 'refused',
      code: 'not_a_member',
    });
  });

  test('is any but one that all is well with', () => {
    const flag = fc.boolean();
    const user = fc.record({ deleted: flag, bot: flag, guest: flag, stranger: flag });
    fc.assert(
      fc.property(user, fc.constantFrom('T0TEAM', 'T0OTHER'), (flags, team) => {
        const well = Object.values(flags).every((it) => !it) && team === 'T0TEAM';
        const member = memberOf(self, aSender(), aUser({ ...flags, team }));
        expect(member.kind).toBe(well ? 'member' : 'refused');
      }),
    );
  });

  test('says it is of our organisation, and Slack says it is not', () => {
    const sender = aSender({ enterprise: 'E0ORG', team: 'T0OTHER', userTeam: 'T0OTHER' });
    const user = aUser({ team: 'T0OTHER', enterprise: 'E0OTHER' });
    expect(memberOf(org, sender, user)).toMatchObject({ kind: 'refused' });
  });

  test.each([
    new ChatError('Slack', { code: 'user_not_found', passing: false }),
    new ChatError('Slack', { code: 'unreachable', passing: true }),
  ])('is one that Slack does not know, or says nothing about: $code', async (error) => {
    const api = anApi(() => Promise.reject(error));
    const asked = await askMember(api, aSender(), 1000);
    expect(asked).toMatchObject({ kind: 'refused', code: 'slack_unreachable' });
  });

  test('is one that Slack takes too long over', async () => {
    const api = anApi(() => new Promise(() => undefined));
    const asked = await askMember(api, aSender(), 5);
    expect(asked).toMatchObject({ code: 'slack_unreachable', hint: 'try again in a moment' });
  });
});

describe('whose account it is', () => {
  const member = (account: string, email: string | null = null) => ({
    kind: 'member' as const,
    accounts: [account] as const,
    name: 'Robin',
    email,
  });

  test('stands in people.yaml', () => {
    expect(identify(people, member('T0TEAM/U0ROBIN'), { matchEmail: false })).toEqual({
      kind: 'person',
      person: 'robin',
      identity: 'slack:T0TEAM/U0ROBIN',
      matchedBy: null,
    });
  });

  test('may stand there by the organisation or by the workspace', () => {
    const accounts = ['E0ORG/U0KIM', 'T0TEAM/U0KIM'] as const;
    expect(identify(people, { ...member(''), accounts }, { matchEmail: false })).toMatchObject({
      person: 'kim',
      identity: 'slack:E0ORG/U0KIM',
    });
  });

  test('is nobody’s where the two are two people’s', () => {
    const accounts = ['E0ORG/U0KIM', 'T0TEAM/U0ROBIN'] as const;
    expect(identify(people, { ...member(''), accounts }, { matchEmail: false })).toMatchObject({
      code: 'ambiguous',
    });
  });

  test('is told by its address only where the settings say so', () => {
    const ana = member('T0TEAM/U0ANA', 'ana@example.com');
    expect(identify(people, ana, { matchEmail: false })).toMatchObject({ code: 'not_a_person' });
    expect(identify(people, ana, { matchEmail: true })).toEqual({
      kind: 'person',
      person: 'ana',
      identity: 'slack:T0TEAM/U0ANA',
      matchedBy: 'email:ana@example.com',
    });
  });

  test('is never told by an address where an account is mapped', () => {
    const robin = member('T0TEAM/U0ROBIN', 'ana@example.com');
    expect(identify(people, robin, { matchEmail: true })).toMatchObject({ person: 'robin' });
  });

  test('of an account without a confirmed address is nobody', () => {
    const nobody = identify(people, member('T0TEAM/U0NEW'), { matchEmail: true });
    expect(nobody).toMatchObject({
      code: 'not_a_person',
      hint: 'link it: run `runbook people link slack` in a terminal',
    });
  });
});
