import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claimHeaders } from '../../src/client/claims.ts';
import { parseServerSection, parseServerUrl } from '../../src/client/settings.ts';
import { forgetToken, isToken, keepToken, readToken } from '../../src/client/token-file.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { tempFolder } from '../support/temp-folder.ts';

const server = 'https://runbook.example.com';
const token = `rbk_${'a'.repeat(43)}`;

describe('a server', () => {
  test.each([
    ['https://runbook.example.com', 'https://runbook.example.com'],
    ['https://runbook.example.com/', 'https://runbook.example.com'],
    ['https://example.com:8443/runbook/', 'https://example.com:8443/runbook'],
    ['http://127.0.0.1:7001', 'http://127.0.0.1:7001'],
    ['http://127.1', 'http://127.0.0.1'],
    ['http://[::1]:7001', 'http://[::1]:7001'],
    ['http://localhost', 'http://localhost'],
  ])('may be %s', (written, url) => {
    expect(parseServerUrl(written)).toBe(url);
  });

  test.each([
    'http://runbook.example.com',
    'http://10.0.0.7',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'ftp://127.0.0.1',
    'https://ana:secret@runbook.example.com',
    'https://runbook.example.com/?token=1',
    'runbook.example.com',
    '',
  ])('may not be %j', (written) => {
    expect(() => parseServerUrl(written)).toThrow(
      expect.objectContaining({ code: 'server_invalid' }),
    );
  });

  test('is read from config.yaml, with the place of what is wrong', () => {
    const read = (text: string) => {
      const section = parseConfig(text, 'config.yaml').server;
      return section === null ? null : parseServerSection(section);
    };
    expect(read('')).toBeNull();
    expect(read(`server: { url: ${server}/, ca: /etc/ca.pem }`)).toEqual({
      url: server,
      ca: '/etc/ca.pem',
    });
    expect(() => read('server:\n  url: http://example.com\n')).toThrow(/config\.yaml:2:8/);
    expect(() => read(`server: { url: ${server}, ca: ca.pem }`)).toThrow(/absolute/);
  });
});

describe('the token that login keeps', () => {
  test('is for its owner alone and for its server alone', () => {
    const dir = join(tempFolder(), 'config');
    const file = keepToken(dir, token, server);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readToken(dir, server)).toBe(token);
    expect(() => readToken(dir, 'https://evil.example.com')).toThrow(
      expect.objectContaining({ code: 'login_elsewhere', exitCode: 4 }),
    );
    expect([forgetToken(dir), forgetToken(dir), readToken(dir, server)]).toEqual([
      true,
      false,
      null,
    ]);
  });

  test.each([0o640, 0o604, 0o644])('is refused where others reach it (%o)', (mode) => {
    const dir = tempFolder();
    chmodSync(keepToken(dir, token, server), mode);
    expect(() => readToken(dir, server)).toThrow(
      expect.objectContaining({ code: 'token_exposed' }),
    );
  });

  test('may be written by hand, the token alone', () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'token'), `${token}\n`, { mode: 0o600 });
    expect(readToken(dir, server)).toBe(token);
  });

  test('has one form', () => {
    expect([token, `${token}a`, token.slice(1), '', ` ${token}`].map(isToken)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('claims', () => {
  test('name the agent, the job, who set it off, and for whom', () => {
    const env = {
      RUNBOOK_AGENT: 'deploy-bot',
      GITHUB_ACTIONS: 'true',
      GITHUB_REPOSITORY: 'acme/infra',
      GITHUB_ACTOR: 'ana',
      RUNBOOK_ON_BEHALF_OF: 'slack:T01/U01',
    };
    expect(claimHeaders(env)).toEqual({
      'runbook-agent': 'deploy-bot',
      'runbook-ci': 'github/acme/infra; actor=github/ana',
      'runbook-on-behalf-of': 'slack:T01/U01',
    });
    expect(claimHeaders({})).toEqual({});
  });

  test.each(['two\nlines', 'ünder', ' padded'])(
    'that no header can carry (%j) are refused, not dropped',
    (agent) => {
      expect(() => claimHeaders({ RUNBOOK_AGENT: agent })).toThrow(
        expect.objectContaining({ code: 'claim_invalid' }),
      );
    },
  );
});
