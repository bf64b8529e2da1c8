import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePayload, readPayload } from '../../../src/channels/slack/clicks/payload.ts';
import { aClick, aShortcut, aSubmission } from './payloads.ts';

const sender = {
  user: 'U0ROBIN',
  userTeam: 'T0TEAM',
  team: 'T0TEAM',
  enterprise: null,
  app: 'A0APP',
};

describe('what Slack sends', () => {
  test('a click keeps its place, its time and its ids, and no name', () => {
    expect(readPayload(aClick({ thread: '1699999999.000001' }))).toEqual({
      kind: 'click',
      sender,
      channel: 'C0CARDS',
      message: '1700000000.000100',
      thread: '1699999999.000001',
      action: 'runbook.approve',
      value: 'f'.repeat(64),
      at: '1700000001.000200',
      trigger: '12466734323.1395872398.a0b1',
    });
  });

  test('a modal keeps what was typed, by block', () => {
    expect(readPayload(aSubmission({ metadata: '{}' }))).toEqual({
      kind: 'submission',
      sender,
      view: 'V0VIEW',
      callback: 'runbook.reject',
      metadata: '{}',
      inputs: { 'runbook.reason': 'not on a Friday' },
    });
  });

  test('an empty field is an empty text', () => {
    expect(readPayload(aSubmission({ typed: null }))).toMatchObject({
      inputs: { 'runbook.reason': '' },
    });
  });

  test('a shortcut does not say which app it is for', () => {
    expect(readPayload(aShortcut())).toMatchObject({
      kind: 'shortcut',
      callback: 'runbook.link',
      sender: { ...sender, app: null },
    });
  });

  test('the workspace of a user of a shared channel is theirs', () => {
    expect(readPayload(aClick({ userTeam: 'T0OTHER' }))).toMatchObject({
      sender: { team: 'T0TEAM', userTeam: 'T0OTHER' },
    });
  });

  test('an organisation is kept beside the workspace', () => {
    expect(readPayload(aClick({ enterprise: 'E0ORG' }))).toMatchObject({
      sender: { team: 'T0TEAM', enterprise: 'E0ORG' },
    });
  });

  test('an app installed in a whole organisation names that in the place of a workspace', () => {
    const { team: _, ...rest } = aClick({ enterprise: 'E0ORG' }) as Record<string, unknown>;
    expect(readPayload({ ...rest, team: null })).toMatchObject({
      sender: { team: 'E0ORG', enterprise: 'E0ORG' },
    });
  });
});

describe('what Slack would not send', () => {
  const click = aClick() as Record<string, unknown>;
  const [button] = click['actions'] as [object];
  test.each([
    ['no type', {}, 'a payload without a type'],
    ['another type', { type: 'message_action' }, 'a payload of type `message_action`'],
    ['no user', { ...click, user: undefined }, 'a payload with an odd `user`'],
    [
      'a user id with a path',
      { ...click, user: { id: 'U0/../U1' } },
      'a payload with an odd `user.id`',
    ],
    ['no app', { ...click, api_app_id: undefined }, 'a payload with an odd `api_app_id`'],
    ['no workspace', { ...click, team: null }, 'a payload of no workspace'],
    [
      'a view as container',
      { ...click, container: { type: 'view' } },
      'a payload with an odd `container.type`',
    ],
    ['no action', { ...click, actions: [] }, 'a payload with an odd `actions.0`'],
    ['two actions', { ...click, actions: [button, button] }, 'a payload with an odd `actions.1`'],
    [
      'a menu',
      { ...click, actions: [{ ...button, type: 'static_select' }] },
      'a payload with an odd `actions.0.type`',
    ],
    [
      'a value too long',
      aClick({ value: 'f'.repeat(2001) }),
      'a payload with an odd `actions.0.value`',
    ],
    ['a time that is none', aClick({ at: 'now' }), 'a payload with an odd `actions.0.action_ts`'],
    [
      'metadata too long',
      aSubmission({ metadata: 'x'.repeat(3001) }),
      'a payload with an odd `view.private_metadata`',
    ],
    [
      'an essay',
      aSubmission({ typed: 'x'.repeat(3001) }),
      'a payload with an odd `view.state.values.runbook.reason.runbook.reason.value`',
    ],
  ])('%s is ignored, and says why', (_, payload, reason) => {
    expect(readPayload(payload)).toEqual({ kind: 'ignored', reason });
  });

  test.each([
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['null', 'a payload without a type'],
    [`"${'x'.repeat(600_000)}"`, 'a payload of 600002 characters'],
    ['['.repeat(200_000), 'not JSON'],
  ])('a text that is no payload is ignored', (text, reason) => {
    expect(parsePayload(text)).toEqual({ kind: 'ignored', reason });
  });

  test('never throws, whatever is put in the place of what belongs there', () => {
    const whole = fc.constantFrom(aClick(), aSubmission(), aShortcut()) as fc.Arbitrary<
      Record<string, unknown>
    >;
    fc.assert(
      fc.property(whole, fc.nat(20), fc.anything(), (payload, at, value) => {
        const key = Object.keys(payload)[at % Object.keys(payload).length] ?? 'type';
        expect(readPayload({ ...payload, [key]: value })).toHaveProperty('kind');
      }),
    );
  });
});
