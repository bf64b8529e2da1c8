import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openServing } from '../../src/app.ts';
import { loginNamespace, passkeyNamespace } from '../../src/approval/statement/enrolment.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Invitation, PasskeySummary } from '../../src/engine/login-reports.ts';
import { aDevice, page } from '../support/passkeys.ts';
import { aScene, type Said } from './scene.ts';

/** One story, told in order: robin is invited, enrols a passkey, and loses it. */
const scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

beforeAll(async () => {
  await scene.run('init', '--person', 'ana', '--no-example');
  await scene.run('people', 'add', 'robin', '--group', 'sre');
});

function passkey(line: string): Promise<Said> {
  return scene.run('passkey', ...line.split(' '));
}

async function list(): Promise<readonly PasskeySummary[]> {
  const { stdout } = await passkey('list --json');
  return (JSON.parse(stdout) as { readonly passkeys: readonly PasskeySummary[] }).passkeys;
}

/** Whether the rules could be met that ask for robin's own signature. */
async function canSign(): Promise<boolean> {
  const policy = scene.write(
    'signed.yaml',
    'rules: [{ name: signed, when: "true", require: { approvals: [{ id: robin, count: 1, from: [robin], assurance: A3 }] } }]\n',
  );
  const { stdout } = await scene.run('policy', 'check', '--policy', policy, '--json');
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly { kind: string }[] };
  // Who starts a run never signs for it: that is said in either case.
  return !findings.some(({ kind }) => kind === 'slot_unfillable');
}

function openOffice(): ReturnType<typeof openServing> {
  const [RUNBOOK_CONFIG_DIR, RUNBOOK_STATE_DIR] = [
    join(scene.dir, 'config'),
    join(scene.dir, 'state'),
  ];
  const env = { HOME: scene.dir, RUNBOOK_CONFIG_DIR, RUNBOOK_STATE_DIR };
  const serving = { url: null, workers: 1, graceMs: 0, log: () => undefined };
  return openServing({ env, cwd: scene.dir, terminal: null }, serving);
}

/** While a server of this journal is seen there. */
async function whileServed(at: string | null, act: () => Promise<void>): Promise<void> {
  const office = openOffice();
  const over = new AbortController();
  let worked = Promise.resolve();
  try {
    await new Promise<void>((ready, failed) => {
      worked = office.work(over.signal, { page: at, ready });
      worked.catch(failed);
    });
    await act();
  } finally {
    over.abort();
    await worked;
    await office.close();
  }
}

/** What the page does with a link's secret, and logs in so often with the passkey that comes of it. */
async function enrol(secret: string, logins = 0): Promise<PasskeySummary> {
  const office = openOffice();
  try {
    const device = aDevice();
    const of = { secret };
    const statement = await office.login.prepareEnrolment({ of, ...device.offered });
    const passkey = await office.login.enrol(device.sign(passkeyNamespace, statement), of);
    for (let round = 0; round < logins; round += 1) {
      const prepared = office.login.preparePasskeyLogin(page);
      const signed = device.sign(loginNamespace, prepared);
      const terms = { scopes: ['read'], label: 'web', expiresInMs: 3_600_000 } as const;
      await office.login.signIn({ kind: 'passkey', prepared, signed }, terms);
    }
    return passkey;
  } finally {
    await office.close();
  }
}

describe('passkey invite', () => {
  test('prints the link alone on stdout, and all else beside it', async () => {
    const said = await passkey('invite robin');
    expect(said.exitCode).toBe(0);
    expect(said.stdout).toMatch(/^http:\/\/localhost:7878\/passkeys\/new#rbi_[\w-]{43}\n$/);
    expect(said.stderr).toMatch(
      /^robin enrols one passkey by this link, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\nit works once, for whoever opens it first: give it to nobody else\nno server runs just now: it leads to where `serve` in config\.yaml says that one will be\n$/,
    );
  });

  test('says with --json the same in one object, under the name that browsers know', async () => {
    scene.write('config/config.yaml', `serve: { url: ${page} }\n`);
    const { exitCode, stdout, stderr } = await passkey('invite robin --expires 1d --json');
    const { link, ...invited } = JSON.parse(stdout) as Invitation & { readonly link: string };
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(link).toBe(`${page}/passkeys/new#${invited.secret}`);
    expect(Object.keys(invited).toSorted()).toEqual([
      'expires_at',
      'invite',
      'page',
      'person',
      'secret',
    ]);
  });

  test('says in its help how long a link holds unless told', async () => {
    const { stdout } = await passkey('invite --help');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('at most 7d (default: 1h)');
  });

  test('leads to the server that runs, whatever config.yaml says', async () => {
    scene.write('config/config.yaml', `serve: { url: ${page} }\n`);
    for (const at of ['https://ops.example.org', 'http://localhost:40123']) {
      await whileServed(at, async () => {
        const said = await passkey('invite robin');
        expect(said.stdout).toMatch(new RegExp(`^${at}/passkeys/new#rbi_`));
        expect(said.stderr).toContain('it leads to the server that runs just now\n');
      });
    }
    expect((await passkey('invite robin')).stdout).toMatch(new RegExp(`^${page}/`));
  });

  test('leads nowhere where nobody said under which name the server is reached', async () => {
    const refused = { exitCode: 2, stdout: '' };
    await whileServed(null, async () => {
      const said = await passkey('invite robin --json');
      expect(said).toMatchObject(refused);
      expect(JSON.parse(said.stderr)).toMatchObject({ code: 'page_unnamed' });
    });
    const tls = 'tls: { cert: cert.pem, key: key.pem }';
    scene.write('config/config.yaml', `serve: { listen: "0.0.0.0:7878", ${tls} }\n`);
    const said = await passkey('invite robin --json');
    expect(said).toMatchObject(refused);
    expect(JSON.parse(said.stderr)).toMatchObject({ code: 'page_unnamed' });
    scene.write('config/config.yaml', `serve: { url: ${page} }\n`);
  });

  test('invites nobody unknown, nor for ever', async () => {
    expect(await passkey('invite robbin')).toMatchObject({
      exitCode: 2,
      stderr:
        'error: there is no person `robbin` in `people.yaml`\nhint: runbook people add robbin\n',
    });
    expect(await passkey('invite robin --expires 8d')).toMatchObject({
      exitCode: 2,
      stderr: 'error: an invitation holds from 1m to 7d\n',
    });
  });

  test('lets no agent invite anybody', async () => {
    const agent = scene.with({ env: { RUNBOOK_AGENT: 'deploy-bot' } });
    await scene.run('people', 'add', 'ana', '--agent', 'deploy-bot');
    expect(await agent.run('passkey', 'invite', 'ana')).toMatchObject({ exitCode: 13 });
  });
});

describe('passkey list and remove', () => {
  test('say whose each is, how it came to be, and when it was removed', async () => {
    expect(await passkey('list')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'no passkeys yet: `runbook passkey invite NAME` prints a link to enrol one\n',
    });
    const { stdout } = await passkey('invite robin --json');
    const { secret, invite } = JSON.parse(stdout) as Invitation;
    const enrolled = await enrol(secret);
    expect(await list()).toEqual([enrolled]);
    expect(enrolled.enrolled_by).toBe(
      `invite ${invite} by os:${userInfo().username}@${hostname()} (ana)`,
    );
    expect((await passkey('list')).stdout.replaceAll(/\s+/g, ' ')).toContain(
      `robin's "phone" on ${page}`,
    );
    expect(await canSign()).toBe(true);
    const { stdout: people } = await scene.run('people', 'list');
    expect(people).toMatch(/robin +sre +1 passkey\n/);

    expect(await passkey(`remove ${enrolled.passkey.slice(0, 10)} --reason lost`)).toEqual({
      exitCode: 0,
      stdout: `${enrolled.passkey} counts no more: robin's "phone" on ${page}\n`,
      stderr: '',
    });
    expect((await list())[0]?.removed_at).not.toBeNull();
    expect((await scene.run('people', 'list')).stdout).not.toContain('passkey');
    expect(await canSign()).toBe(false);
    expect((await scene.run('audit', 'verify')).exitCode).toBe(0);
  });

  test.each([
    [1, 'the session that it opened ended\n'],
    [2, '2 sessions that it opened ended\n'],
  ])('say that %i sessions ended with a passkey', async (logins, stderr) => {
    const { stdout } = await passkey('invite robin --json');
    const { passkey: id } = await enrol((JSON.parse(stdout) as Invitation).secret, logins);
    expect(await passkey(`remove ${id}`)).toMatchObject({ exitCode: 0, stderr });
  });

  test('name what they do not know', async () => {
    expect(await passkey('remove zzzz')).toMatchObject({
      exitCode: 2,
      stderr: 'error: no passkey `zzzz`\nhint: `runbook passkey list` lists them\n',
    });
  });
});

test('whoever removes a person is told of passkeys that would come back with the name', async () => {
  const { stdout } = await passkey('invite robin --json');
  const { passkey: id } = await enrol((JSON.parse(stdout) as Invitation).secret);
  expect((await scene.run('people', 'remove', 'robin')).stderr).toBe(
    `passkey ${id} counts again for whoever is called robin: \`runbook passkey remove ${id}\`\n`,
  );
});
