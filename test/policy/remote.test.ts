import { describe, expect, test } from 'vitest';
import { checkRemote } from '../../src/policy/check/check-remote.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { copiesAmong, countingSinks, describeCopies } from '../../src/policy/remote.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';

const key = 'w.example/one+5d1c4ff2+BAEC';
const renamed = 'w.example/two+00000000+BAEC';

function sinksOf(...lines: readonly string[]) {
  const { sinks } = parseConfig(`sinks:\n${lines.map((line) => `  ${line}\n`).join('')}`, 'test');
  return sinks;
}

function copiesOf(...lines: readonly string[]): number {
  return copiesAmong(countingSinks(sinksOf(...lines))).length;
}

describe('copies are told apart by whose they are:', () => {
  test.each<readonly [string, number, readonly string[]]>([
    [
      'one key, two addresses',
      1,
      [
        `a: { kind: witness, url: "https://a.example/", key: "${key}" }`,
        `b: { kind: mirror, url: "https://b.example/", key: "${key}" }`,
      ],
    ],
    [
      'one key, two names before it',
      1,
      [
        `a: { kind: witness, url: "https://a.example/", key: "${key}" }`,
        `b: { kind: witness, url: "https://b.example/", key: "${renamed}" }`,
      ],
    ],
    [
      'two keys, one address',
      2,
      [
        `a: { kind: witness, url: "https://a.example/", key: "${key}" }`,
        'b: { kind: witness, url: "https://a.example/", key: "w.example/b+1+BXXX" }',
      ],
    ],
    [
      'two folders of a bucket',
      1,
      [
        'a: { kind: s3, endpoint: "https://s3.example", bucket: acme, prefix: x }',
        'b: { kind: s3, endpoint: "https://S3.example:443/", bucket: acme, prefix: y }',
      ],
    ],
    [
      'two buckets',
      2,
      [
        'a: { kind: s3, endpoint: "https://s3.example", bucket: acme }',
        'b: { kind: s3, endpoint: "https://s3.example", bucket: other }',
      ],
    ],
    [
      'what does not count',
      0,
      ['a: { kind: file, path: /tmp/x }', 'b: { kind: otlp, url: "https://otel.example" }'],
    ],
  ])('%s', (_what, copies, lines) => {
    expect(copiesOf(...lines)).toBe(copies);
  });

  test('and where policy demands more of them, it is said which are one', () => {
    const sinks = sinksOf(
      `a: { kind: witness, url: "https://a.example/", key: "${key}" }`,
      `b: { kind: witness, url: "https://b.example/", key: "${key}" }`,
      'vault: { kind: s3, endpoint: "https://s3.example", bucket: acme }',
    );
    const demanding = (required: number) =>
      checkRemote(
        parsePolicy(`floor: { remote: { required: ${required} } }`, 'policy.yaml'),
        sinks,
      );
    expect(demanding(2)).toEqual([]);
    expect(demanding(3)).toMatchObject([
      {
        kind: 'remote_unmet',
        message: expect.stringContaining(
          '2 count (`a` and `b`, which are one; `vault`)',
        ) as unknown,
      },
    ]);
    expect(describeCopies([])).toBe('none');
  });
});
