import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificates, verifyAuthority } from '../../src/journal/authority.ts';
import { type Timestamp, verifyTimestamp } from '../../src/journal/timestamp.ts';
import { nonceInteger, timestampRequest, tokenOf } from '../../src/sinks/timestamp/exchange.ts';
import { openAuthority, type TestAuthority } from '../support/timestamp-authority.ts';

const message = Buffer.from('runbook/a-log\n3\nSWRfr8JbP13A+05QkDqirYNUCXJ+nNj3SGHnk4g/cvE=\n');
const nonce = Buffer.alloc(32, 7);
const refused: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_TIMESTAMP' });

function tokenBy(authority: TestAuthority): Buffer {
  return tokenOf(authority.reply(timestampRequest(message, nonce)));
}

const kinds = [
  { name: 'P-256 and SHA-256', options: {} },
  {
    name: 'P-384 and SHA-512',
    options: { key: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], digest: 'sha512' },
  },
  { name: 'RSA and SHA-384', options: { key: ['rsa:2048'], digest: 'sha384' } },
];

test.each(kinds)('a token that OpenSSL made with $name says when', ({ options }) => {
  const authority = openAuthority(options);
  const token = tokenBy(authority);
  const said = verifyTimestamp(token, { message, certificates: authority.certificates });
  expect(said.nonce).toEqual(nonceInteger(nonce));
  expect(said.authority).toBe('CN=a test authority');
  expect(said.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
});

test('OpenSSL verifies what was asked for, from the token, the message and the certificate alone', () => {
  const authority = openAuthority();
  writeFileSync(join(authority.dir, 'token'), tokenBy(authority));
  writeFileSync(join(authority.dir, 'body'), message);
  const said = execFileSync(
    'openssl',
    ['ts', '-verify', '-in', 'token', '-token_in', '-data', 'body', '-CAfile', 'ca.pem'],
    { cwd: authority.dir, stdio: 'pipe' },
  );
  expect(said.toString()).toContain('Verification: OK');
});

describe('is refused:', () => {
  test('a token over something else', () => {
    const authority = openAuthority();
    const other = { message: Buffer.from('else'), certificates: authority.certificates };
    expect(() => verifyTimestamp(tokenBy(authority), other)).toThrow(refused);
  });

  test('a token of an authority that leads to another CA', () => {
    const { certificates } = openAuthority();
    expect(() => verifyTimestamp(tokenBy(openAuthority()), { message, certificates })).toThrow(
      refused,
    );
  });

  test('a token that is cut off, or goes on', () => {
    const authority = openAuthority();
    const token = tokenBy(authority);
    const { certificates } = authority;
    for (const each of [
      token.subarray(0, -1),
      Buffer.concat([token, Buffer.alloc(1)]),
      Buffer.alloc(0),
    ]) {
      expect(() => verifyTimestamp(each, { message, certificates })).toThrow(refused);
    }
  });

  test('a reply that grants nothing', () => {
    const authority = openAuthority();
    const malformed = Buffer.from('3003020101', 'hex');
    expect(() => tokenOf(authority.reply(malformed))).toThrow(refused);
  });
});

test('the authority itself may be pinned in the place of its CA', () => {
  const authority = openAuthority();
  const said = verifyTimestamp(tokenBy(authority), { message, certificates: authority.own });
  expect(said.authority).toBe('CN=a test authority');
});

/** Whatever is left to an attacker, like the certificates that lead nowhere, changes nothing that is said. */
test('every byte of a token, changed, is refused or changes nothing that it says', () => {
  const authority = openAuthority();
  const { certificates } = authority;
  const token = tokenBy(authority);
  const honest = verifyTimestamp(token, { message, certificates });
  const saidAfter = (at: number, bit: number): Timestamp | null => {
    const changed = Buffer.from(token);
    changed.writeUInt8(changed.readUInt8(at) ^ bit, at);
    try {
      return verifyTimestamp(changed, { message, certificates });
    } catch (error) {
      expect(error).toEqual(refused);
      return null;
    }
  };
  const harmless = [...token.keys()].filter((at) => saidAfter(at, 1) !== null);
  expect(harmless.length).toBeLessThan(token.length / 4);
  fc.assert(
    fc.property(fc.nat({ max: token.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bit) => {
      expect([null, honest]).toContainEqual(saidAfter(at, bit));
    }),
    { numRuns: 2000 },
  );
});

describe('a certificate', () => {
  const judge = (authority: TestAuthority, atMs: number): void => {
    const [own] = parseCertificates(authority.own);
    const trusted = parseCertificates(authority.certificates);
    if (own !== undefined) {
      verifyAuthority(own, { trusted, others: [], atMs });
    }
  };
  const wrong: unknown = expect.objectContaining({ code: 'E_CERTIFICATE' });

  test.each(['timeStamping', 'critical,serverAuth', 'critical,timeStamping,serverAuth'])(
    'for `%s` tells no time',
    (usage) => {
      expect(() => judge(openAuthority({ usage }), Date.now())).toThrow(wrong);
    },
  );

  test('tells no time that it was not valid at', () => {
    const authority = openAuthority();
    const minute = 60_000;
    judge(authority, Date.now() + minute);
    expect(() => judge(authority, Date.now() - 60 * minute)).toThrow(wrong);
    expect(() => judge(authority, Date.now() + 20 * 365 * 24 * 60 * minute)).toThrow(wrong);
  });
});
