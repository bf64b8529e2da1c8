import { expect, test } from 'vitest';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { knownLogs, parseLogList } from '../../src/witness/known-logs.ts';
import { aSigner } from '../support/signer.ts';

const one = aSigner('runbook.test/one', 1);
const another = aSigner('runbook.test/one', 2);
const [oneKey, anotherKey] = [one, another].map(({ name, publicKey }) =>
  formatVerifierKey(name, publicKey),
);
const refused = (code: string): unknown => expect.objectContaining({ name: 'ConfigError', code });

test('a log may have several keys', () => {
  const logs = knownLogs([oneKey ?? '', anotherKey ?? '']);
  expect(logs.get('runbook.test/one')?.map(({ publicKey }) => publicKey)).toEqual([
    one.publicKey,
    another.publicKey,
  ]);
});

test('no log, and what is no key of one, are refused', () => {
  expect(() => knownLogs([])).toThrow(refused('no_logs'));
  expect(() => knownLogs(['runbook.test/one'])).toThrow(refused('log_key_invalid'));
  const cosigner = formatVerifierKey(one.name, one.publicKey, 'cosignature');
  expect(() => knownLogs([cosigner])).toThrow(refused('log_key_invalid'));
});

test('a list of logs is a policy of C2SP, of which the logs are taken', () => {
  const text = `# ours\n\n\tlog ${oneKey} https://logs.example/\nwitness w1 KEY\nlog  ${anotherKey}\ngroup g any w1\nquorum g\n`;
  expect(parseLogList(text, 'logs')).toEqual([oneKey, anotherKey]);
  expect(() => parseLogList('# ours\nlag KEY\n', 'logs')).toThrow('`logs`:2');
  expect(() => parseLogList('log\n', 'logs')).toThrow(refused('log_list_invalid'));
});
