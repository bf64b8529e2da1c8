import { expect, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { checkChannels } from '../../../src/channels/open-receptions.ts';
import { spool } from '../../../src/channels/spool/kind.ts';
import { parseSpool, spoolOf } from '../../../src/channels/spool/settings.ts';

const yaml = (text: string) => parseYaml(text, 'config.yaml', 'config_invalid');

test('the folder is the one that `init --system` makes, unless another is named', () => {
  expect(parseSpool(yaml('{}'))).toEqual({ dir: '/var/lib/runbook/spool' });
  expect(parseSpool(yaml('dir: /srv/spool'))).toEqual({ dir: '/srv/spool' });
});

test.each([
  ['a relative folder', 'dir: spool'],
  ['a way up', 'dir: /srv/../etc'],
  ['an unknown key', 'directory: /srv/spool'],
])('%s is an error with its place', (_what, text) => {
  expect(() => parseSpool(yaml(text))).toThrow('config.yaml:1:');
  expect(() => {
    checkChannels(yaml(`spool: { ${text} }`), [spool]);
  }).toThrow('config.yaml:1:');
});

test('a machine has no spool that its configuration does not name', () => {
  expect(spoolOf(null)).toBeNull();
  expect(spoolOf(yaml('webhooks: []'))).toBeNull();
  expect(spoolOf(yaml('spool: {}'))).toEqual({ dir: '/var/lib/runbook/spool' });
});
