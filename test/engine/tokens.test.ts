import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TokenCaller } from '../../src/approval/people/initiator.ts';
import type { Scope, TokenHolder } from '../../src/approval/token.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { TokenSummary } from '../../src/engine/login-reports.ts';
import { whoAmI } from '../../src/engine/report/who-am-i.ts';
import type { TokenInput } from '../../src/engine/service.ts';
import {
  authenticate,
  issueToken,
  listTokens,
  revokeToken,
} from '../../src/engine/token/tokens.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let engine: Engine;
beforeEach(() => {
  scene = openScene({
    runbook: 'name: hello\nsteps:\n  - { id: greet, exec: echo hello }\n',
    morePeople: '  - { name: lee, agents: [ci:github/acme/infra] }\n',
  });
  engine = scene.engine();
});

const dayMs = 86_400_000;

function wanted(more: Partial<TokenInput> = {}): TokenInput {
  const holder = { kind: 'person', id: 'ana' } as const;
  return { holder, scopes: ['start', 'read'], label: null, expiresInMs: dayMs, ...more };
}

/** The engine as the bearer of a new token has it. */
async function asBearer(holder: TokenHolder, ...scopes: readonly Scope[]): Promise<Engine> {
  const { secret } = await issueToken(engine, wanted({ holder, scopes }));
  return { ...engine, caller: (await authenticate(engine, secret)).caller };
}

test('a token never outlives the one that it was issued with', async () => {
  const ana = await asBearer({ kind: 'person', id: 'ana' }, 'admin');
  const [own] = await listTokens(engine);
  const longer = await issueToken(ana, wanted({ expiresInMs: 30 * dayMs }));
  expect(longer.expires_at).toBe(own?.expires_at);
  const shorter = await issueToken(ana, wanted({ expiresInMs: 60_000 }));
  expect(Date.parse(shorter.expires_at)).toBeLessThan(Date.parse(longer.expires_at));
});

async function refusal(secret: string): Promise<string> {
  return authenticate(engine, secret).then(
    () => 'let in',
    (error: { code: string; exitCode: number }) => `${error.code} ${error.exitCode}`,
  );
}

describe('issuing', () => {
  test('gives a secret once, and commits its hash alone', async () => {
    const issued = await issueToken(
      engine,
      wanted({ scopes: ['decide', 'start', 'start'], label: 'laptop' }),
    );
    expect(issued).toMatchObject({
      holder: { kind: 'person', id: 'ana' },
      scopes: ['start', 'decide'],
      label: 'laptop',
      revoked_at: null,
      issued_by: `os:${engine.account}`,
    });
    expect(issued.token).toMatch(/^[0-9a-z]{16}$/);
    const lifeMs = Date.parse(issued.expires_at) - Date.parse(issued.issued_at);
    expect(Math.abs(lifeMs - dayMs)).toBeLessThan(5000);
    const { size } = await engine.store.head();
    const entries = await engine.store.entries(0, size);
    expect(entries.map((entry) => recordedOf(entry).event.type)).toEqual([
      'log.genesis',
      'config.set',
      'token.issued',
    ]);
    expect(entries.some(({ bytes }) => bytes.includes(issued.secret))).toBe(false);
    const { secret, ...summary } = issued;
    expect(await listTokens(engine)).toEqual([summary]);
    expect(JSON.stringify(await listTokens(engine))).not.toContain(secret.slice(4, 20));
  });

  test.each<[string, Partial<TokenInput>, string]>([
    ['no scope', { scopes: [] }, 'scopes_invalid'],
    ['an unknown scope', { scopes: ['root' as Scope] }, 'scopes_invalid'],
    ['a life of less than a minute', { expiresInMs: 59_999 }, 'expiry_invalid'],
    ['a life of more than 366 days', { expiresInMs: 367 * dayMs }, 'expiry_invalid'],
    ['a life that is no number', { expiresInMs: Number.NaN }, 'expiry_invalid'],
    ['a label that no list could show', { label: 'x'.repeat(201) }, 'label_too_long'],
    ['an unknown person', { holder: { kind: 'person', id: 'eve' } }, 'holder_unknown'],
    ['an agent nobody owns', { holder: { kind: 'agent', id: 'eve-bot' } }, 'holder_unknown'],
    ['a job nobody owns', { holder: { kind: 'ci', id: 'github/eve/x' } }, 'holder_unknown'],
    ['an agent by a name of a person', { holder: { kind: 'agent', id: 'ana' } }, 'holder_unknown'],
  ])('refuses %s', async (_what, more, code) => {
    await expect(issueToken(engine, wanted(more))).rejects.toMatchObject({ code, exitCode: 2 });
    expect(await listTokens(engine)).toEqual([]);
  });

  test.each<[TokenHolder, Scope]>([
    [{ kind: 'agent', id: 'deploy-bot' }, 'decide'],
    [{ kind: 'agent', id: 'deploy-bot' }, 'admin'],
    [{ kind: 'ci', id: 'github/acme/infra' }, 'decide'],
    [{ kind: 'ci', id: 'github/acme/infra' }, 'admin'],
  ])('gives no %o the scope %s', async (holder, scope) => {
    const input = wanted({ holder, scopes: ['start', scope] });
    await expect(issueToken(engine, input)).rejects.toMatchObject({
      code: 'scope_forbidden',
      exitCode: 13,
      message: `only a person can hold \`${scope}\`, not ${holder.kind} \`${holder.id}\``,
    });
  });

  test('an agent on the very account of the journal makes nobody able to decide', async () => {
    const claimed = { ...engine, caller: { ...engine.caller, agent: 'deploy-bot' } };
    for (const scopes of [['decide'], ['admin']] as const) {
      await expect(issueToken(claimed, wanted({ scopes }))).rejects.toMatchObject({
        code: 'scope_forbidden',
      });
    }
    expect(await issueToken(claimed, wanted())).toMatchObject({ scopes: ['start', 'read'] });
  });
});

describe('through the API', () => {
  test('an admin gives tokens to themselves and to what they answer for', async () => {
    const remote = await asBearer({ kind: 'person', id: 'ana' }, 'admin');
    const { token } = remote.caller as TokenCaller;
    const own = await issueToken(remote, wanted());
    const bot = await issueToken(remote, wanted({ holder: { kind: 'agent', id: 'deploy-bot' } }));
    expect([own.issued_by, bot.issued_by]).toEqual([`token:${token}`, `token:${token}`]);
  });

  test('nobody gives away `decide` or `admin`, not even to themselves', async () => {
    const remote = await asBearer({ kind: 'person', id: 'ana' }, 'admin', 'decide');
    for (const scopes of [['decide'], ['start', 'admin']] as const) {
      for (const id of ['ana', 'robin']) {
        const input = wanted({ scopes, holder: { kind: 'person', id } });
        await expect(issueToken(remote, input)).rejects.toMatchObject({ code: 'scope_forbidden' });
      }
    }
  });

  test('an admin cannot start as somebody else what they then approve as themselves', async () => {
    const remote = await asBearer({ kind: 'person', id: 'ana' }, 'admin', 'decide');
    const others: readonly TokenHolder[] = [
      { kind: 'person', id: 'robin' },
      { kind: 'ci', id: 'github/acme/infra' },
    ];
    for (const holder of others) {
      await expect(issueToken(remote, wanted({ holder }))).rejects.toMatchObject({
        code: 'holder_forbidden',
        exitCode: 13,
      });
    }
  });

  test('whoever does not bear `admin` issues nothing and revokes their own alone', async () => {
    const remote = await asBearer({ kind: 'person', id: 'ana' }, 'start', 'read', 'decide');
    const { token } = remote.caller as TokenCaller;
    const robins = await issueToken(engine, wanted({ holder: { kind: 'person', id: 'robin' } }));
    await expect(issueToken(remote, wanted())).rejects.toMatchObject({ code: 'scope_missing' });
    await expect(revokeToken(remote, robins.token)).rejects.toMatchObject({
      code: 'scope_missing',
      exitCode: 13,
    });
    expect(await authenticate(engine, robins.secret)).toMatchObject({ scopes: ['start', 'read'] });
    expect((await revokeToken(remote, token)).revoked_at).not.toBeNull();
  });
});

describe('authenticating', () => {
  test('answers who bears the secret, what they may, and until when', async () => {
    const { secret, token, expires_at } = await issueToken(
      engine,
      wanted({ holder: { kind: 'agent', id: 'deploy-bot' }, scopes: ['start'] }),
    );
    expect(await authenticate(engine, secret)).toEqual({
      caller: { token, holder: { kind: 'agent', id: 'deploy-bot' } },
      scopes: ['start'],
      expires_at,
    });
  });

  test('lets nothing else in: off by a character, cut, lengthened, or no token at all', async () => {
    const { secret, token } = await issueToken(engine, wanted());
    const last = secret.endsWith('A') ? 'B' : 'A';
    const others = [
      `${secret.slice(0, -1)}${last}`,
      `rbk_${secret.slice(4).split('').reverse().join('')}`,
      secret.slice(0, -1),
      `${secret}x`,
      `${secret}\n`,
      secret.toLowerCase(),
      secret.normalize('NFKD').replace('rbk_', 'ｒｂｋ_'),
      `${secret.slice(0, -1)}\u{1F511}`,
      'x'.repeat(5_000_000),
      '',
      token,
      `token:${token}`,
      "' or 1=1 --",
    ];
    for (const other of others.filter((text) => text !== secret)) {
      expect(await refusal(other)).toBe('token_unknown 4');
    }
    expect(await refusal(secret)).toBe('let in');
  });

  test('repeats nothing of what was given: it may be another secret', async () => {
    const given = `rbk_${'s'.repeat(43)}`;
    const error: unknown = await authenticate(engine, given).catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error) + String(error)).not.toContain('sss');
  });

  test('the hash that the journal holds is no secret', async () => {
    const { secret } = await issueToken(engine, wanted());
    const hash = database((db) => db.prepare('select hash from tokens').pluck().get());
    expect(await refusal(String(hash))).toBe('token_unknown 4');
    expect(await refusal(`rbk_${String(hash).slice(0, 43)}`)).toBe('token_unknown 4');
    expect(await refusal(secret)).toBe('let in');
  });

  test('a token ends with its time', async () => {
    const { secret } = await issueToken(engine, wanted({ expiresInMs: 60_000 }));
    scene.clock.shift(50_000);
    expect(await refusal(secret)).toBe('let in');
    scene.clock.shift(10_001);
    expect(await refusal(secret)).toBe('token_expired 4');
  });

  test('a revoked token is over at once, and for good', async () => {
    const { secret, token } = await issueToken(engine, wanted());
    const { revoked_at } = await revokeToken(engine, token);
    expect(await refusal(secret)).toBe('token_revoked 4');
    scene.clock.shift(1000);
    expect(await revokeToken(engine, token)).toMatchObject({ revoked_at });
    await engine.store.rebuild(() => undefined);
    expect(await refusal(secret)).toBe('token_revoked 4');
  });

  test('a token dies with the person or the ownership it stands on', async () => {
    const lee = await issueToken(engine, wanted({ holder: { kind: 'person', id: 'lee' } }));
    const job = await issueToken(
      engine,
      wanted({ holder: { kind: 'ci', id: 'github/acme/infra' } }),
    );
    const before = scene.trusted.people;
    scene.trusted.people = before.replace('agents: [ci:github/acme/infra]', 'groups: [sre]');
    expect([await refusal(lee.secret), await refusal(job.secret)]).toEqual([
      'let in',
      'token_orphaned 4',
    ]);
    scene.trusted.people = before.replace('name: lee', 'name: leo');
    expect([await refusal(lee.secret), await refusal(job.secret)]).toEqual([
      'token_orphaned 4',
      'let in',
    ]);
  });
});

describe('the index of tokens, changed by hand,', () => {
  let issued: TokenSummary & { readonly secret: string };
  beforeEach(async () => {
    issued = await issueToken(engine, wanted({ scopes: ['read'] }));
  });

  const row = `insert into tokens
    (token, hash, holder_kind, holder_id, scopes, expires_at, issued_by, issued, seq)`;
  const forged = `rbk_${'A'.repeat(43)}`;

  test('lets nobody in by a row that no entry made', async () => {
    const hash = sha256(forged);
    for (const seq of [0, 2, 99]) {
      database((db) => {
        db.exec("delete from tokens where token = 'forged'");
        db.exec(
          `${row} values ('forged', '${hash}', 'person', 'ana', 'decide admin', '2099-01-01T00:00:00.000Z', 'os:x', '', ${seq})`,
        );
      });
      expect(await refusal(forged)).toBe('token_unproven 14');
    }
    await engine.store.rebuild(() => undefined);
    expect(await refusal(forged)).toBe('token_unknown 4');
  });

  test.each([
    ['another secret', `hash = '${sha256(forged)}'`, forged, 'token_unknown 4'],
    ['more scopes', "scopes = 'start read decide admin'", null, 'token_unproven 14'],
    ['another holder', "holder_id = 'robin'", null, 'token_unproven 14'],
    ['another kind', "holder_kind = 'agent'", null, 'token_unproven 14'],
    ['a longer life', "expires_at = '2099-01-01T00:00:00.000Z'", null, 'token_unproven 14'],
    ['another entry', 'seq = 1', null, 'token_unproven 14'],
  ])('gives no token %s', async (_what, change, secret, answer) => {
    database((db) => db.exec(`update tokens set ${change}`));
    expect(await refusal(secret ?? issued.secret)).toBe(answer);
  });

  test('lets nobody in by an entry that nobody signed', async () => {
    database((db) => {
      db.exec('drop trigger entries_stay');
      db.exec(
        `update entries set bytes = cast(replace(bytes, '"read"', '"start"') as blob) where seq = 2`,
      );
      db.exec("update tokens set scopes = 'start'");
    });
    expect(await refusal(issued.secret)).toBe('E_PROOF 14');
  });

  test('does not hide a revocation from whoever verifies', async () => {
    await revokeToken(engine, issued.token);
    database((db) => db.exec('update tokens set revoked = null'));
    const { findings } = await scene
      .service()
      .verify({ receipts: [], pins: [], progress: () => undefined });
    expect(findings).toMatchObject([{ code: 'E_INDEX', index: 3 }]);
  });
});

describe('revoking', () => {
  test('takes a unique beginning of the id', async () => {
    const [one, two] = [await issueToken(engine, wanted()), await issueToken(engine, wanted())];
    await expect(revokeToken(engine, '')).rejects.toMatchObject({ code: 'token_unknown' });
    await expect(revokeToken(engine, 'nope')).rejects.toMatchObject({
      code: 'token_unknown',
      exitCode: 2,
    });
    const prefix = one.token.slice(0, two.token.startsWith(one.token.slice(0, 8)) ? 16 : 8);
    expect(await revokeToken(engine, prefix)).toMatchObject({ token: one.token });
    const listed = await listTokens(engine);
    expect(listed.map(({ token, revoked_at }) => [token, revoked_at !== null])).toEqual([
      [two.token, false],
      [one.token, true],
    ]);
  });

  test('twice is one entry', async () => {
    const { token } = await issueToken(engine, wanted());
    await Promise.all([revokeToken(engine, token), revokeToken(engine, token)]);
    await revokeToken(engine, token);
    expect((await engine.store.head()).size).toBe(4);
  });
});

describe('who I am', () => {
  test('the account of the journal may do all', async () => {
    expect(await whoAmI(engine)).toEqual({
      identity: `os:${engine.account}`,
      kind: 'person',
      person: 'ana',
      scopes: ['start', 'read', 'decide', 'admin'],
      expires_at: null,
      origin: engine.store.origin,
    });
  });

  test('the bearer of a token is whom it was issued to, with its scopes', async () => {
    const remote = await asBearer({ kind: 'agent', id: 'deploy-bot' }, 'start');
    expect(await whoAmI(remote)).toMatchObject({
      identity: `token:${(remote.caller as TokenCaller).token}`,
      kind: 'agent',
      person: 'ana',
      scopes: ['start'],
    });
  });
});

function database<Result>(work: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(join(scene.state, 'journal.sqlite'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}
