import { assert, base64String, integer, nat, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EnrolmentCase,
  enrolUntilMs,
  judgeEnrolment,
} from '../../src/approval/court/judge-enrolment.ts';
import {
  type Enrolment,
  encodePasskeyText,
  passkeyNamespace,
} from '../../src/approval/statement/enrolment.ts';
import type { SignedStatement } from '../../src/approval/statement/statement.ts';
import { aDevice, page } from '../support/passkeys.ts';
import { aPerson } from './builders.ts';

const device = aDevice();
const root = Buffer.alloc(32, 7).toString('base64');
const invite = '0123456789abcdef';

const text: Enrolment = {
  v: 1,
  act: 'enrol',
  person: 'robin',
  public: device.publicKey,
  credential: device.offered.credential,
  origin: page,
  label: null,
  invite,
  time: '2026-03-01T10:00:00.000Z',
  nonce: '0'.repeat(32),
  log: { origin: 'here', size: 5, root },
};

const honest: EnrolmentCase = {
  signed: signed(),
  because: {
    kind: 'invite',
    invite,
    person: 'robin',
    expires_at: '2026-03-01T11:00:00.000Z',
    index: 4,
    used: false,
  },
  people: { people: [aPerson('robin'), aPerson('kim')] },
  origin: 'here',
  decisionIndexUpperBound: 6,
  rootAt: () => root,
  time: '2026-03-01T10:05:00.000Z',
  ownerOf: () => null,
};

function signed(changes: Partial<Enrolment> = {}): SignedStatement {
  return device.sign(passkeyNamespace, encodePasskeyText({ ...text, ...changes }));
}

function verdict(changes: Partial<EnrolmentCase>): string {
  const judged = judgeEnrolment({ ...honest, ...changes });
  return judged.kind === 'refused' ? judged.code : 'accepted';
}

describe("a passkey becomes somebody's", () => {
  test('by its own signature and an unused invitation', () => {
    expect(judgeEnrolment(honest)).toEqual({ kind: 'accepted', text });
    expect(enrolUntilMs(text, honest.because)).toBe(Date.parse('2026-03-01T10:15:00.000Z'));
  });

  test.each<[string, string, Partial<EnrolmentCase>]>([
    ['for another person', 'other_invite', { signed: signed({ person: 'kim' }) }],
    ['by another invitation', 'other_invite', { signed: signed({ invite: 'f'.repeat(16) }) }],
    ['by none', 'other_invite', { signed: signed({ invite: null }) }],
    ['of another key', 'other_passkey', { signed: signed({ public: aDevice().publicKey }) }],
    ['on another page', 'passkey_origin', { signed: signed({ origin: `${page}:8443` }) }],
    ['in another journal', 'other_log', { origin: 'there' }],
    [
      'in a journal with other entries',
      'E_FORK',
      { rootAt: () => Buffer.alloc(32).toString('base64') },
    ],
    ['in one that nobody knows any more', 'log_unknown', { rootAt: () => null }],
    [
      'before the invitation was in sight',
      'log_too_old',
      { signed: signed({ log: { origin: 'here', size: 4, root } }) },
    ],
    ['after seeing the future', 'E_ROLLBACK', { decisionIndexUpperBound: 4 }],
    ['late', 'enrolment_stale', { time: '2026-03-01T10:15:00.001Z' }],
    ['early', 'enrolment_stale', { time: '2026-03-01T09:44:59.999Z' }],
    ['at no time', 'enrolment_stale', { time: 'soon' }],
    ['for nobody', 'person_unknown', { people: { people: [aPerson('kim')] } }],
    ['a second time', 'passkey_known', { ownerOf: () => 'kim' }],
    [
      'where people.yaml has it for another',
      'passkey_known',
      {
        people: { people: [aPerson('robin'), { ...aPerson('kim'), sshKeys: [device.publicKey] }] },
      },
    ],
  ])('and not %s', (_how, code, changes) => {
    expect(verdict(changes)).toBe(code);
  });

  test('and not by an invitation that was used or has expired', () => {
    const { because } = honest;
    if (because.kind !== 'invite') {
      throw new Error('by an invitation');
    }
    expect(verdict({ because: { ...because, used: true } })).toBe('invite_used');
    const over = { ...because, expires_at: '2026-03-01T10:05:00.000Z' };
    expect(verdict({ because: over })).toBe('invite_expired');
    expect(verdict({ because: { ...because, expires_at: 'never' } })).toBe('invite_expired');
  });

  test('and not by a login that nobody can check', () => {
    const login = { issuer: 'https://login.example.com', client: 'runbook', token: 'x.y.z' };
    const because = { kind: 'login', login } as const;
    expect(verdict({ because })).toBe('other_invite');
    expect(verdict({ because, signed: signed({ invite: null }) })).not.toBe('accepted');
  });

  test('and any other text or signature is refused, never thrown', () => {
    assert(
      property(string(), base64String(), (statement, signature) => {
        expect(verdict({ signed: { statement, signature } })).not.toBe('accepted');
        expect(verdict({ signed: { statement: honest.signed.statement, signature } })).not.toBe(
          'accepted',
        );
      }),
    );
  });

  test('and no bit of what it signed can be another', () => {
    const bytes = Buffer.from(honest.signed.signature, 'base64');
    assert(
      property(nat(bytes.length - 1), integer({ min: 1, max: 255 }), (at, flip) => {
        const other = Buffer.from(bytes);
        other.writeUInt8(other.readUInt8(at) ^ flip, at);
        const changed = { ...honest.signed, signature: other.toString('base64') };
        expect(verdict({ signed: changed })).not.toBe('accepted');
      }),
    );
  });
});
