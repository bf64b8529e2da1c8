import { expect, test } from 'vitest';
import { InvalidFileError } from '../../../src/base/problem.ts';
import { parseYaml } from '../../../src/base/yaml.ts';
import { eventTypes } from '../../../src/channels/webhooks/event-types.ts';
import { parseWebhooks } from '../../../src/channels/webhooks/settings.ts';
import type { EventType } from '../../../src/run/events.ts';

const parse = (text: string) => parseWebhooks(parseYaml(text, 'config.yaml', 'config_invalid'));

function problemsOf(text: string): { readonly lines: readonly string[]; readonly shown: string } {
  try {
    parse(text);
    return { lines: [], shown: '' };
  } catch (error) {
    if (error instanceof InvalidFileError && error.code === 'config_invalid') {
      const lines = error.problems.map((it) => `${it.line}:${it.column} ${it.message}`);
      return { lines, shown: error.message };
    }
    throw error;
  }
}

const withUrl = (url: string, more = '') =>
  `- { name: ops, url: "${url}", secret: { env: OPS }${more} }`;

test('an endpoint says where, with which secret, and what', () => {
  const [ops] = parse(`
- name: ops
  url: https://hooks.example.com/runbook?team=sre
  secret: [{ env: NEW }, { file: /etc/runbook/secrets/ops }]
  events: [approval.*, run.finished]
  environments: [prod]
`);
  expect(ops).toEqual({
    name: 'ops',
    url: new URL('https://hooks.example.com/runbook?team=sre'),
    secrets: [
      { kind: 'env', name: 'NEW' },
      { kind: 'file', path: '/etc/runbook/secrets/ops' },
    ],
    events: ['approval.*', 'run.finished'],
    environments: ['prod'],
    allowPrivate: false,
  });
});

test('a secret that stands in the file is refused and not repeated', () => {
  const { lines, shown } = problemsOf(
    '- { name: ops, url: "https://a.example.com", secret: whsec_aHVudGVyMg== }',
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('`secret` must say where the secret is kept');
  expect(shown).not.toContain('aHVudGVyMg');
});

test.each([
  ['http://hooks.example.com/', 'must begin with `https://`'],
  ['ftp://hooks.example.com/', 'must begin with `https://`'],
  ['https://ana:pw@hooks.example.com/', 'no user, password or `#`'],
  ['https://hooks.example.com/#x', 'no user, password or `#`'],
  ['hooks.example.com', 'is not a URL'],
  ['https://10.1.2.3/', 'address of our own networks'],
  ['https://169.254.169.254/latest/meta-data', 'address of our own networks'],
  ['https://[fd00::1]/', 'address of our own networks'],
  ['https://[::ffff:10.1.2.3]/', 'address of our own networks'],
  ['https://0x7f000001/', 'address of our own networks'],
  ['http://localhost:8080/', 'address of our own networks'],
])('%s is refused', (url, why) => {
  const { lines } = problemsOf(withUrl(url));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(why);
});

test('plain http reaches this host alone, and only where private addresses are allowed', () => {
  expect(parse(withUrl('http://127.0.0.1:8080/', ', allow_private: true'))).toHaveLength(1);
  const { lines } = problemsOf(withUrl('http://10.1.2.3/', ', allow_private: true'));
  expect(lines[0]).toContain('must begin with `https://`');
});

test('two endpoints of one name are refused, at the second', () => {
  const { lines } = problemsOf(
    `${withUrl('https://a.example.com/')}\n${withUrl('https://b.example.com/')}`,
  );
  expect(lines).toEqual(['2:11 there are two webhooks named `ops`']);
});

test('an event that does not exist is refused, for it would be silence', () => {
  const { lines, shown } = problemsOf(withUrl('https://a.example.com/', ', events: [aproval.*]'));
  expect(lines[0]).toContain('there is no event `aproval.*`');
  expect(shown).toContain('did you mean `approval.*`?');
});

test('every type of entry can be asked for', () => {
  const all: Readonly<Record<EventType, true>> = {
    'log.genesis': true,
    'config.set': true,
    'run.started': true,
    'run.resumed': true,
    'run.cancel_requested': true,
    'run.finished': true,
    'step.skipped': true,
    'step.denied': true,
    'step.started': true,
    'step.finished': true,
    'step.unknown': true,
    'step.resolved': true,
    'step.late': true,
    'approval.requested': true,
    'approval.decided': true,
    'approval.expired': true,
    'approval.superseded': true,
    'approval.reminded': true,
    'manual.asked': true,
    'manual.done': true,
    'grant.revoked': true,
    'break_glass.reviewed': true,
    'token.issued': true,
    'token.revoked': true,
    'passkey.invited': true,
    'passkey.enrolled': true,
    'passkey.removed': true,
    'issuer.keys': true,
    'key.recovery': true,
    'key.rotated': true,
    'sink.gap': true,
    'content.erased': true,
    'log.pruned': true,
    'evidence.exported': true,
  };
  expect([...eventTypes].sort()).toEqual(Object.keys(all).sort());
});
