import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decisionId,
  encodeStatement,
  formatSigned,
  parseResolution,
  parseSigned,
  parseStatement,
  type Resolution,
  type SignedStatement,
  type Statement,
} from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newNonce, newRunId } from '../../src/base/ids.ts';

const log = { origin: 'runbook.example/x', size: 12, root: Buffer.alloc(32, 7).toString('base64') };
const statement: Statement = {
  v: 1,
  decision: 'approve',
  request: sha256('request'),
  commands: [sha256('command')],
  environment: 'prod',
  policy_digest: sha256('policy'),
  slots: ['floor'],
  reason: null,
  person: 'bea',
  time: '2026-03-04T05:06:07.008Z',
  nonce: newNonce(),
  log,
};
const resolution: Resolution = {
  v: 1,
  decision: 'resolve',
  outcome: 'failed',
  run: newRunId(),
  step: 'restart',
  attempt: 1,
  started: sha256('started'),
  reason: 'looked at the host: nothing ran',
  person: 'bea',
  time: '2026-03-04T05:06:07.008Z',
  nonce: newNonce(),
  log,
};
const signed: SignedStatement = {
  statement: encodeStatement(statement),
  signature: Buffer.from('signature ').toString('base64'),
};

test('what is encoded is read back', () => {
  expect(parseStatement(encodeStatement(statement))).toEqual(statement);
  expect(parseResolution(encodeStatement(resolution))).toEqual(resolution);
});

test('a decision and a resolution are never taken for each other', () => {
  expect(() => parseStatement(encodeStatement(resolution))).toThrow('canonical form of a decision');
  expect(() => parseResolution(encodeStatement(statement))).toThrow(
    'canonical form of a resolution',
  );
});

test.each([
  ['white space', (text: string) => text.replace(',', ', ')],
  ['another order of keys', reverseKeys],
  ['a key twice', (text: string) => text.replace('{', '{"person":"eve",')],
  ['a number in another spelling', (text: string) => text.replace('"size":12', '"size":1.2e1')],
  ['something behind it', (text: string) => `${text}{}`],
  ['a line end behind it', (text: string) => `${text}\n`],
  ['a mark in front', (text: string) => `\ufeff${text}`],
])('a text with %s is refused', (_name, change) => {
  expect(code(() => parseStatement(change(signed.statement)))).toBe('statement_unreadable');
});

test.each<[string, Record<string, unknown>]>([
  ['an unknown key', { extra: true }],
  ['another version', { v: 2 }],
  ['another decision', { decision: 'abstain' }],
  ['a request that is no hash', { request: 'x' }],
  ['a hash in capitals', { request: sha256('request').toUpperCase() }],
  ['no command', { commands: [] }],
  ['a reason that is no text', { reason: 1 }],
  ['nobody', { person: '' }],
  ['a time without milliseconds', { time: '2026-03-04T05:06:07Z' }],
  ['a day that does not exist', { time: '2026-02-30T05:06:07.008Z' }],
  ['a local time', { time: '2026-03-04T05:06:07.008+01:00' }],
  ['a short nonce', { nonce: 'abc' }],
  ['an empty log', { log: { ...log, size: 0 } }],
  ['a fraction of a log', { log: { ...log, size: 1.5 } }],
  ['a root that is no hash', { log: { ...log, root: 'AAAA' } }],
  ['a root in a second spelling', { log: { ...log, root: log.root.replace('=', '') } }],
  ['an unknown key in its log', { log: { ...log, extra: 1 } }],
])('a decision with %s is refused', (_name, change) => {
  const text = JSON.stringify(sortKeys({ ...statement, ...change }));
  expect(code(() => parseStatement(text))).toBe('statement_unreadable');
});

test.each(Object.keys(statement))('a decision without `%s` is refused', (key) => {
  const { [key]: _left, ...rest } = { ...statement } as Record<string, unknown>;
  expect(code(() => parseStatement(JSON.stringify(sortKeys(rest))))).toBe('statement_unreadable');
});

test('a decision with its every key is what the tables above change', () => {
  expect(parseStatement(JSON.stringify(sortKeys({ ...statement })))).toEqual(statement);
});

test('a decision is known by what was signed, not by how', () => {
  expect(decisionId(signed)).toBe(sha256(signed.statement));
  const resigned: SignedStatement = { ...signed, signature: 'AAAA' };
  expect(decisionId(resigned)).toBe(decisionId(signed));
});

describe.each(['block', 'line'] as const)('a decision pasted as %s', (form) => {
  const text = formatSigned(signed, form);

  test.each<[string, (text: string) => string]>([
    ['as it was printed', (it) => it],
    ['with blank lines around it', (it) => `\n\n${it}\n\n`],
    ['with the line ends of another system', (it) => `${it.replaceAll('\n', '\r\n')}\r\n`],
    ['quoted in a mail', (it) => it.replace(/^/gm, '> ')],
    ['quoted twice', (it) => it.replace(/^/gm, '>> ')],
    ['indented', (it) => it.replace(/^/gm, '    ')],
    [
      'broken by a narrow terminal',
      (it) => it.replace(/[A-Za-z0-9+/]{40}(?=[A-Za-z0-9+/])/g, '$&\n'),
    ],
  ])('is read %s', (_name, change) => {
    expect(parseSigned(change(text))).toEqual(signed);
  });

  test.each<[string, (text: string) => string]>([
    ['its first line missing', (it) => it.slice(it.indexOf(form === 'block' ? '\n' : ':') + 1)],
    ['its end missing', (it) => it.slice(0, -30)],
    ['one character missing', (it) => it.slice(0, 60) + it.slice(61)],
    ['words behind it', (it) => `${it}\nthanks!`],
    ['words in front', (it) => `here it is:\n${it}`],
    ['itself a second time', (it) => `${it}\n${it}`],
  ])('is refused with %s', (_name, change) => {
    expect(code(() => parseSigned(change(text)))).toBe('decision_unreadable');
  });
});

test('a block fits eighty columns, and a line is one line', () => {
  const lines = formatSigned(signed, 'block').split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  expect(lines[0]).toBe('-----BEGIN RUNBOOK DECISION-----');
  expect(lines.at(-1)).toBe('-----END RUNBOOK DECISION-----');
  expect(formatSigned(signed, 'line')).toMatch(/^runbook-decision:[A-Za-z0-9+/=]+$/);
});

test.each<[string, unknown]>([
  ['another key', { ...signed, extra: 1 }],
  ['no signature', { statement: signed.statement }],
  ['an empty signature', { ...signed, signature: '' }],
  ['a signature that is not base64', { ...signed, signature: '%' }],
  ['no object', [signed]],
])('a pasted text that holds %s is refused', (_name, content) => {
  const text = `runbook-decision:${Buffer.from(JSON.stringify(content)).toString('base64')}`;
  expect(code(() => parseSigned(text))).toBe('decision_unreadable');
});

test('whatever somebody pastes, it is read or refused, and nothing else happens', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `runbook-decision:${text}`),
    fc.json().map((text) => `runbook-decision:${Buffer.from(text).toString('base64')}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(code(() => parseSigned(text))).toBe('decision_unreadable');
    }),
  );
});

test('any decision survives both forms', () => {
  const any = fc.record({
    statement: fc.string({ minLength: 1, unit: 'grapheme' }),
    signature: fc
      .uint8Array({ minLength: 1 })
      .map((bytes) => Buffer.from(bytes).toString('base64')),
  });
  fc.assert(
    fc.property(any, fc.constantFrom('block', 'line'), (decision, form) => {
      expect(parseSigned(formatSigned(decision, form))).toEqual(decision);
    }),
  );
});

function reverseKeys(): string {
  return JSON.stringify(Object.fromEntries(Object.entries(statement).reverse()));
}

/** What the tables need: canonical order without the checks that `canonicalize` makes. */
function sortKeys(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, isObject(item) ? sortKeys(item) : item]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function code(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
