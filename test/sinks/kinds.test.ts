import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { countingSinks } from '../../src/policy/remote.ts';
import { checkSinks, openSinks } from '../../src/sinks/open-sinks.ts';
import { aSigner } from '../support/signer.ts';

const { name, publicKey } = aSigner('w.example/w1');
const key = formatVerifierKey(name, publicKey, 'cosignature');
const keys = 'access_key: { env: A }, secret_key: { env: B }';

/** One of every kind, by its kind. */
const sections: Readonly<Record<string, string>> = {
  file: 'path: /var/lib/copies/journal.jsonl',
  mirror: `url: "https://m.example/", key: "${key}"`,
  otlp: 'url: "https://otel.example/v1/logs"',
  s3: `endpoint: "https://s3.example", region: eu-1, bucket: acme, ${keys}, retain: 1d`,
  timestamp: 'url: "https://tsa.example/", ca: /etc/ssl/tsa.pem',
  witness: `url: "https://w.example/", key: "${key}"`,
};

const lines = Object.entries(sections).map(
  ([kind, rest]) => `  ${kind}: { kind: ${kind}, ${rest} }`,
);
const { sinks } = parseConfig(`sinks:\n${lines.join('\n')}\n`, 'config.yaml');

test('the sinks that count are the ones that policy and audit count', () => {
  const opened = openSinks(sinks, { clock: systemClock, env: {}, log: () => undefined });
  expect(opened.map(({ kind }) => kind)).toEqual(Object.keys(sections));
  const counted = countingSinks(sinks);
  expect(opened.filter(({ counts }) => counts).map(({ name: each }) => each)).toEqual(
    counted.map(({ name: each }) => each),
  );
});

test('those whose key an audit asks for are the ones that have one', () => {
  const opened = openSinks(sinks, { clock: systemClock, env: {}, log: () => undefined });
  for (const { name: each, key: configured } of countingSinks(sinks)) {
    const anchorKey = opened.find((sink) => sink.name === each)?.anchorKey;
    expect(anchorKey !== undefined, each).toBe(configured !== null);
  }
});

test('there is no other kind', () => {
  const other = parseConfig('sinks: { x: { kind: none } }', 'config.yaml');
  expect(() => checkSinks(other.sinks)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`\`kind\`: ${Object.keys(sections).join(', ')}`) as unknown,
    }),
  );
});
