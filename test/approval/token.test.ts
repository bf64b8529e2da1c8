import { createHash, randomBytes } from 'node:crypto';
import { assert, integer, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatSecret,
  hashSecret,
  isScope,
  judgeToken,
  personalScopes,
  personBehind,
  refusedLife,
  scopes,
  type TokenHolder,
} from '../../src/approval/token.ts';
import { newSecret } from '../../src/base/ids.ts';
import { aPerson, crew } from './builders.ts';

const dayMs = 86_400_000;

describe('a secret', () => {
  test('is `rbk_` and 256 random bits, and known by the SHA-256 of all of it', () => {
    const secret = formatSecret(newSecret());
    expect(secret).toMatch(/^rbk_[A-Za-z0-9_-]{43}$/);
    expect(hashSecret(secret)).toBe(createHash('sha256').update(secret).digest('hex'));
  });

  test('of any bytes has the shape that is hashed', () => {
    assert(
      property(uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(hashSecret(formatSecret(Buffer.from(bytes)))).not.toBeNull();
      }),
    );
  });

  test('of another shape is not even hashed', () => {
    const secret = formatSecret(randomBytes(32));
    const others = [
      '',
      'rbk_',
      secret.slice(0, -1),
      `${secret}A`,
      `${secret}\n`,
      ` ${secret}`,
      secret.toUpperCase().replace('RBK_', 'RBK-'),
      secret.replace('rbk_', 'rbk-'),
      `${secret.slice(0, -1)}ä`,
      `${secret.slice(0, -1)}Ａ`,
      `${secret.slice(0, -1)}\0`,
      `${secret.slice(0, -1)}=`,
      'rbk_'.repeat(1_000_000),
    ];
    expect(others.map(hashSecret)).toEqual(others.map(() => null));
  });

  test('one character off is another', () => {
    assert(
      property(
        uint8Array({ minLength: 32, maxLength: 32 }),
        integer({ min: 4, max: 46 }),
        (bytes, at) => {
          const secret = formatSecret(Buffer.from(bytes));
          const other = secret[at] === 'A' ? 'B' : 'A';
          const changed = secret.slice(0, at) + other + secret.slice(at + 1);
          expect(hashSecret(changed)).not.toBe(hashSecret(secret));
        },
      ),
    );
  });
});

describe('scopes', () => {
  test('that only a person can hold are deciding and administering', () => {
    expect(personalScopes(scopes)).toEqual(['decide', 'admin']);
    expect(personalScopes(['start', 'read'])).toEqual([]);
  });

  test('are four, and nothing of an object is one', () => {
    expect(scopes.every(isScope)).toBe(true);
    expect(['', 'Start', 'toString', 'start,read', 'length'].filter(isScope)).toEqual([]);
  });
});

describe('the life of a token', () => {
  test('is a minute to 366 days', () => {
    expect([60_000, 30 * dayMs, 366 * dayMs].map(refusedLife)).toEqual([null, null, null]);
    for (const ms of [59_999, 0, -1, 366 * dayMs + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refusedLife(ms)).toBe('a token lives from 1m to 366d');
    }
  });

  test('ends with its last moment, not after it', () => {
    const endMs = Date.parse('2026-02-01T00:00:00.000Z');
    const at = (nowMs: number) => judgeToken(aToken(), { nowMs, people: crew });
    expect(at(endMs - 1)).toBe('ok');
    expect(at(endMs)).toMatchObject({ code: 'token_expired' });
    expect(at(endMs + dayMs)).toMatchObject({ code: 'token_expired' });
  });

  test('is over where its end cannot be read', () => {
    const token = { ...aToken(), expires_at: 'never' };
    expect(judgeToken(token, { nowMs: 0, people: crew })).toMatchObject({ code: 'token_expired' });
  });

  test('ends when it is revoked, expired or not', () => {
    const token = { ...aToken(), revoked: '2026-01-01T00:00:00.000Z' };
    for (const nowMs of [0, Date.parse('2027-01-01T00:00:00.000Z')]) {
      expect(judgeToken(token, { nowMs, people: crew })).toEqual({
        code: 'token_revoked',
        message: 'token `4f7k` was revoked at 2026-01-01T00:00:00.000Z',
        hint: 'ask whoever runs the server for another: `runbook token create`',
      });
    }
  });

  test('ends when nobody answers for its holder any more', () => {
    const gone = { people: crew.people.filter(({ name }) => name !== 'carol') };
    const holders: readonly TokenHolder[] = [
      { kind: 'person', id: 'carol' },
      { kind: 'agent', id: 'deploy-bot' },
    ];
    for (const holder of holders) {
      const token = { ...aToken(), holder };
      expect(judgeToken(token, { nowMs: 0, people: crew })).toBe('ok');
      expect(judgeToken(token, { nowMs: 0, people: gone })).toMatchObject({
        code: 'token_orphaned',
        message: `nobody in \`people.yaml\` answers for ${holder.kind} \`${holder.id}\` any more`,
      });
    }
  });
});

describe('who answers for a holder', () => {
  const people = { people: [aPerson('ana', { agents: ['bot', 'ci:github/acme/infra'] })] };

  test('is the person, the owner of the agent, or of the job', () => {
    const holders: readonly TokenHolder[] = [
      { kind: 'person', id: 'ana' },
      { kind: 'agent', id: 'bot' },
      { kind: 'ci', id: 'github/acme/infra' },
    ];
    expect(holders.map((holder) => personBehind(people, holder)?.name)).toEqual([
      'ana',
      'ana',
      'ana',
    ]);
  });

  test('is nobody where one kind is taken for another', () => {
    const holders: readonly TokenHolder[] = [
      { kind: 'person', id: 'bot' },
      { kind: 'agent', id: 'ana' },
      { kind: 'agent', id: 'ci:github/acme/infra' },
      { kind: 'ci', id: 'bot' },
      { kind: 'person', id: '' },
    ];
    expect(holders.map((holder) => personBehind(people, holder))).toEqual(holders.map(() => null));
  });
});

function aToken() {
  return {
    token: '4f7k',
    holder: { kind: 'person', id: 'ana' } satisfies TokenHolder,
    expires_at: '2026-02-01T00:00:00.000Z',
    revoked: null,
  };
}
