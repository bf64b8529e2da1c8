import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parseEnrolment, passkeyNamespace } from '../../src/approval/statement/enrolment.ts';
import { approvalNamespace, parseStatement } from '../../src/approval/statement/statement.ts';
import { readTar } from '../../src/audit/bundle/tar.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openLoginDesk } from '../../src/engine/login/open-login-desk.ts';
import { removePasskey } from '../../src/engine/login/remove-passkey.ts';
import { check, python, shell } from '../support/auditor.ts';
import { type LoginScene, openLoginScene } from '../support/by-login.ts';
import { decisionsOf } from '../support/click.ts';
import { altered, codesOf, exporting, verifying } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import { forged } from '../support/forge.ts';
import { claimsFor, client, idSigner, issuer } from '../support/id-token.ts';
import { aDevice, type Device, enrolled } from '../support/passkeys.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Decided {
  readonly scene: LoginScene;
  /** Robin's, by whose signature the first run went on. */
  readonly device: Device;
  readonly passkey: string;
  readonly runs: readonly [string, string];
}

/** Robin approves one run with an invited passkey, and another by logging in anew. */
async function decidedOnPages(): Promise<Decided> {
  const scene = await openLoginScene();
  const { device, passkey } = await enrolled(keeper(scene), 'robin');
  const first = await scene.exec();
  const statement = await scene.as('robin').prepareDecision(await scene.own());
  await scene.as('robin').decide(device.sign(approvalNamespace, statement), 'web');
  expect((await scene.resume(first.run)).status).toBe('succeeded');
  const second = await scene.exec();
  await scene.login('robin');
  expect((await scene.resume(second.run)).status).toBe('succeeded');
  return { scene, device, passkey: passkey.passkey, runs: [first.run, second.run] };
}

/** Kim makes a passkey theirs by logging in anew for it. */
async function enrolledByLogin(scene: LoginScene): Promise<void> {
  const device = aDevice();
  const desk = openLoginDesk(scene.engine());
  const statement = await desk.prepareEnrolment({ of: { person: 'kim' }, ...device.offered });
  const { time } = parseEnrolment(statement);
  const seconds = Math.floor(Date.parse(time) / 1000) + 5;
  const token = await scene.signer.sign({
    iss: issuer,
    aud: client,
    sub: 'kim',
    nonce: sha256(statement),
    iat: seconds,
    auth_time: seconds,
    exp: seconds + 300,
  });
  const login = { issuer, client, token };
  await desk.enrol(device.sign(passkeyNamespace, statement), { login });
}

/** The account that keeps the journal. */
const keeper = (scene: LoginScene): Engine => ({
  ...scene.engine(),
  caller: { osUser: scene.engine().account },
});

async function wholeLog(scene: LoginScene): Promise<Buffer> {
  const { size } = await scene.engine().store.head();
  return (await exporting(scene, { range: { from: '0', to: String(size) } })).bundle;
}

const typesIn = (bundle: Buffer): readonly string[] =>
  [...readTar(bundle)].flatMap(([name, bytes]) =>
    name.endsWith('.json') && name.startsWith('entries/')
      ? [(JSON.parse(String(bytes)) as { readonly type: string }).type]
      : [],
  );

describe('a bundle of decisions made on pages', () => {
  testWith(
    [python, 'ssh-keygen'],
    'holds whole, and run by run with all they rest on',
    async () => {
      const { scene, passkey, runs } = await decidedOnPages();
      await removePasskey(keeper(scene), passkey, 'lost');
      await enrolledByLogin(scene);
      const [first, second] = await Promise.all(
        runs.map(async (run) => (await exporting(scene, { run })).bundle),
      );
      const whole = await wholeLog(scene);
      for (const bundle of [first, second, whole]) {
        const { exitCode, said } = check(bundle ?? Buffer.alloc(0));
        expect({ exitCode, said }).toEqual({ exitCode: 0, said });
        expect(await verifying(bundle ?? Buffer.alloc(0))).toMatchObject({
          findings: [],
          exit_code: 0,
        });
      }
      expect(check(whole).said).toContain('3 signatures, 1 fresh logins');
      const rested = ['passkey.invited', 'passkey.enrolled', 'passkey.removed'];
      expect(typesIn(first ?? Buffer.alloc(0))).toEqual(expect.arrayContaining(rested));
      expect(typesIn(second ?? Buffer.alloc(0))).toContain('issuer.keys');
      expect(typesIn(second ?? Buffer.alloc(0)).filter((type) => rested.includes(type))).toEqual(
        [],
      );
    },
  );

  testWith(['ssh-keygen', 'tar'], 'has its passkeys’ signatures accepted by OpenSSH', async () => {
    const { scene, runs } = await decidedOnPages();
    const { bundle } = await exporting(scene, { run: runs[0] });
    const dir = tempFolder();
    writeFileSync(join(dir, 'evidence.tar'), bundle);
    const files = readTar(bundle);
    expect(String(files.get('allowed_signers'))).toMatch(
      /^robin namespaces="approval@[^"]*,passkey@runbook\/v1",[^ ]* sk-ecdsa/m,
    );
    const loop = /tail -n \+2 decisions\.csv[^]*?\ndone/.exec(String(files.get('README.md')))?.[0];
    const { exitCode, said } = shell(`tar -xf evidence.tar\n${loop}`, dir);
    expect({ exitCode, said }).toEqual({ exitCode: 0, said });
    expect(said.match(/Good "(approval|passkey)@runbook\/v1" signature for robin/g)).toHaveLength(
      2,
    );
  });

  testWith([python], 'does not hold without the enrolment of the passkey', async () => {
    const { scene, runs } = await decidedOnPages();
    const { bundle } = await exporting(scene, { run: runs[0] });
    const without = altered(bundle, (files) => {
      for (const [name, bytes] of files) {
        const [, seq] = /^entries\/(\d+)\.json$/.exec(name) ?? [];
        if (seq !== undefined && bytes.includes('"type":"passkey.enrolled"')) {
          files.delete(name);
          files.delete(`entries/${seq}.tlog-proof`);
        }
      }
    });
    expect(check(without).said).toMatch(/entry \d+: .*the key is not robin's/);
    expect(check(without).exitCode).toBe(1);
    expect(await codesOf(without)).toContain('E_APPROVAL');
  });
});

interface Theft {
  readonly what: string;
  /** What an entry says instead; null leaves it. */
  readonly change: (data: Record<string, unknown>, type: string) => object | null;
  readonly said: RegExp;
  readonly code: string;
}

type Sign = Parameters<Device['sign']>[2];

/** The passkey's own signature, made in a way in which it does not count. */
const resigned =
  (device: Device, how: Sign, type: string, namespace: string): Theft['change'] =>
  (data, of) =>
    of === type && typeof data['signature'] === 'string'
      ? { ...data, ...device.sign(namespace, String(data['statement']), how) }
      : null;

function passkeyThefts(device: Device): readonly Theft[] {
  const decision = (how: Sign) => resigned(device, how, 'approval.decided', approvalNamespace);
  const enrolment = (how: Sign) => resigned(device, how, 'passkey.enrolled', passkeyNamespace);
  const framed = (text: string) => text.replace('"crossOrigin":false', '"crossOrigin":true');
  const enrolled = (changes: object): Theft['change'] => {
    return (data, type) => (type === 'passkey.enrolled' ? { ...data, ...changes } : null);
  };
  return [
    {
      what: 'a page of the same site that it was not enrolled on',
      change: decision({ origin: 'https://evil.runbook.example.com' }),
      said: /another page asked for it than the one/,
      code: 'E_APPROVAL',
    },
    {
      what: 'a passkey that did not ask who was there',
      change: decision({ flags: 0x01 }),
      said: /nobody was there whom the passkey knew/,
      code: 'E_APPROVAL',
    },
    {
      what: 'a page in a frame of another',
      change: decision({ clientData: framed }),
      said: /another page asked for it/,
      code: 'E_APPROVAL_SIG',
    },
    {
      what: 'an enrolment made on another page',
      change: enrolment({ origin: 'https://evil.runbook.example.com' }),
      said: /it was enrolled on another page/,
      code: 'E_PASSKEY',
    },
    {
      what: 'an enrolment by nobody in particular',
      change: enrolment({ flags: 0x01 }),
      said: /it was enrolled on another page, or nobody was there/,
      code: 'E_PASSKEY',
    },
    {
      what: "an enrolment that another person's name was written over",
      change: enrolled({ person: 'kim' }),
      said: /it enrols something else than was signed/,
      code: 'E_PASSKEY',
    },
    {
      what: 'an enrolment that another device signed',
      change: resigned(aDevice(), {}, 'passkey.enrolled', passkeyNamespace),
      said: /another key signed the enrolment/,
      code: 'E_PASSKEY',
    },
    {
      what: 'an invitation that was for somebody else',
      change: (data, type) => (type === 'passkey.invited' ? { ...data, person: 'kim' } : null),
      said: /no invitation of theirs was left/,
      code: 'E_PASSKEY',
    },
  ];
}

/** Tokens that the issuer made, or somebody else did, for anything but this decision of robin's. */
async function loginThefts({ scene, runs }: Decided): Promise<readonly Theft[]> {
  const [decided] = await decisionsOf(scene, runs[1]);
  const statement = decided?.statement ?? '';
  const { signer } = scene;
  const thief = await idSigner('ES256');
  const { time } = parseStatement(statement);
  const early = Math.floor(Date.parse(time) / 1000) - 3600;
  const claims = (more: object, subject = 'robin') => claimsFor(statement, subject, more);
  const wrong: readonly (readonly [string, Promise<string>, RegExp])[] = [
    ['another statement', signer.sign(claims({ nonce: 'ab'.repeat(32) })), /another statement/],
    ['another client', signer.sign(claims({ aud: 'wiki' })), /another client/],
    ['several clients', signer.sign(claims({ aud: [client, 'wiki'] })), /another client/],
    [
      'another issuer',
      signer.sign(claims({ iss: 'https://evil.example' })),
      /no key of the issuer/,
    ],
    ['another key', thief.sign(claims({})), /no key of the issuer/],
    ['an older login', signer.sign(claims({ auth_time: early })), /earlier or later/],
    ["somebody else's account", signer.sign(claims({}, 'kim')), /somebody else logged in/],
    ["nobody's account", signer.sign(claims({}, 'eve')), /is nobody's by people\.yaml/],
    ['no signature', unsigned(claims({})), /no key of the issuer/],
  ];
  return Promise.all(
    wrong.map(async ([what, token, said]): Promise<Theft> => {
      const login = { issuer, client, token: await token };
      const change: Theft['change'] = (data, type) =>
        type === 'approval.decided' && data['login'] !== undefined ? { ...data, login } : null;
      const code = what.endsWith('account') ? 'E_APPROVAL' : 'E_LOGIN';
      return { what: `a token for ${what}`, change, said, code };
    }),
  );
}

async function unsigned(claims: object): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

describe('a thief of the journal key who tells of pages', () => {
  testWith([python], 'shows what no passkey signed and no issuer said', async () => {
    const story = await decidedOnPages();
    const bundle = await wholeLog(story.scene);
    expect(check(forged(bundle, story.scene, () => null))).toMatchObject({ exitCode: 0 });
    for (const theft of [...passkeyThefts(story.device), ...(await loginThefts(story))]) {
      const attacked = forged(bundle, story.scene, theft.change);
      const { exitCode, said } = check(attacked);
      expect(exitCode, theft.what).toBe(1);
      expect(said, theft.what).toMatch(theft.said);
      expect(await codesOf(attacked), theft.what).toContain(theft.code);
    }
  });
});
