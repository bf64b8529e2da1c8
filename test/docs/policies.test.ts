import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkPolicy } from '../../src/engine/policy/check-policy.ts';
import { testPolicy } from '../../src/engine/policy/test-policy.ts';
import { root } from '../support/cli.ts';

const page = readFileSync(join(root, 'docs', 'policies.md'), 'utf8');
const people = blocksOf(page, 'people')[0] ?? '';
const situations = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    policies: blocksOf(text, 'policy'),
    tables: blocksOf(text, 'cases'),
  }))
  .filter(({ policies, tables }) => policies.length + tables.length > 0);

test('every situation is one policy with one table of cases', () => {
  expect(situations.length).toBeGreaterThan(10);
  for (const { title, policies, tables } of situations) {
    expect([title, policies.length, tables.length]).toEqual([title, 1, 1]);
  }
});

describe.each(situations)('$title', ({ policies: [policy = ''], tables: [table = ''] }) => {
  test.each(
    testPolicy({
      table: { file: 'docs/policies.md', text: table },
      read: (path) => ({ file: path, text: '' }),
      inForce: (name) => ({
        file: 'docs/policies.md',
        text: name === 'policy' ? policy : people,
      }),
    }),
  )('$name', ({ differences }) => {
    expect(differences).toEqual([]);
  });

  test('has no rule that is dead, shadowed or about nobody', () => {
    const environments = `environments: { staging: {}, prod: { protected: true } }
sinks: { one: { kind: s3, endpoint: https://one.example.com, bucket: a }, other: { kind: s3, endpoint: https://two.example.com, bucket: b } }`;
    const { findings, unchecked } = checkPolicy({
      policy: { file: 'policy.yaml', text: policy },
      people: { file: 'people.yaml', text: people },
      config: { file: 'config.yaml', text: environments },
      nowMs: Date.parse('2026-03-02T10:00:00Z'),
      params: null,
    });
    expect(unchecked).toEqual([]);
    expect(findings.filter(({ kind }) => !kind.startsWith('slot'))).toEqual([]);
  });
});

function blocksOf(text: string, kind: string): readonly string[] {
  const blocks = text.matchAll(new RegExp(`^\`\`\`yaml ${kind}\\n([^]*?)^\`\`\`$`, 'gm'));
  return [...blocks].map(([, body = '']) => body);
}
