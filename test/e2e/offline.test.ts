import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, onTestFinished } from 'vitest';
import {
  ed25519Blob,
  formatPublicKey,
  parsePublicKeyBlob,
} from '../../src/approval/ssh/ssh-key.ts';
import { formatSigned, type SignedStatement } from '../../src/approval/statement/statement.ts';
import { rawPublicKey } from '../../src/signers/pkcs8.ts';
import { type Cli, type Office, openCli, openOffice } from '../support/cli.ts';
import { decisionJson, type RunJson, verifyJson } from '../support/cli-schema.ts';
import { testWith } from '../support/foreign.ts';

const files = {
  'fix.yaml': `name: fix
description: Fix what broke.
steps:
  - id: fix
    privileged: true
    run: echo fixed
`,
};

const offlineJson = v.strictObject({
  request: v.string(),
  decision: v.string(),
  receipt: v.string(),
  signed: v.strictObject({ statement: v.string(), signature: v.string() }),
});

interface Scene {
  readonly office: Office;
  /** Robin's own machine: another home, no configuration, no journal, and `request.json`. */
  readonly away: Cli;
  readonly waiting: RunJson;
}

/** A run waits, its request has travelled to Robin, and Robin's key was never in the office. */
async function openScene(): Promise<Scene> {
  const office = await openOffice({ files });
  const away = openCli();
  renameSync(office.robin, join(away.dir, 'robin'));
  const waiting = await office.drive('exec', 'fix.yaml');
  const exported = await office.run('review', '--export', 'request.json');
  expect([exported.exitCode, exported.stdout]).toEqual([0, 'request.json\n']);
  renameSync(join(office.dir, 'request.json'), join(away.dir, 'request.json'));
  return { office, away, waiting };
}

/** `approve` or `reject` with what follows, on Robin's machine. */
const offline = (decision: string, ...more: readonly string[]) => [
  decision,
  '--offline',
  'request.json',
  '--key',
  'robin',
  ...more,
];

describe('a request that travels as a file', () => {
  testWith(['ssh-keygen'], 'is approved by a few lines that are carried back', async () => {
    const { office, away, waiting } = await openScene();
    const signed = await away.run(...offline('approve', '--reason', 'read it at home'));
    expect(signed.exitCode).toBe(0);
    expect(signed.stdout).toMatch(
      /^-----BEGIN RUNBOOK DECISION-----\n([\w+/=]{1,70}\n)+-----END RUNBOOK DECISION-----\n$/,
    );
    expect(signed.stderr).toContain('echo fixed');
    expect(signed.stderr).toContain(String(waiting.requests[0]?.words));
    expect(existsSync(join(away.dir, 'state'))).toBe(false);
    expect(existsSync(join(away.dir, 'config'))).toBe(false);
    expect((await office.drive('resume')).status).toBe('waiting');

    const quoted = signed.stdout.trimEnd().replaceAll(/^/gm, '> ').replaceAll('\n', '\r\n');
    const handedIn = await office
      .with({ stdin: quoted })
      .json(decisionJson, 'approve', '--signature', '-');
    expect(handedIn.body).toMatchObject({ person: 'robin', assurance: 'A3', missing: [] });
    writeFileSync(join(office.dir, 'decision.txt'), signed.stdout);
    const twice = await office.run('approve', '--signature', 'decision.txt');
    expect(twice.stdout).toBe('approved by robin (A3), as recorded before\n');

    expect(await office.drive('resume')).toMatchObject({ status: 'succeeded', exit_code: 0 });
    const receipt = /^receipt: (.+)$/m.exec(signed.stderr)?.[1] ?? '';
    expect(receipt.startsWith(`${away.dir}/approver/receipts/`)).toBe(true);
    const verified = await office.json(verifyJson, 'audit', 'verify', '--receipt', receipt);
    expect([verified.exitCode, verified.body.findings]).toEqual([0, []]);
    expect(verified.body.verdicts[1]?.anchor).toMatch(/by=receipt /);
  });

  testWith(
    ['ssh-keygen'],
    'is rejected the same way, and the run ends with the reason',
    async () => {
      const { office, away } = await openScene();
      const { body } = await away.json(offlineJson, ...offline('reject', '--reason', 'wrong week'));
      expect(body.decision).toBe('reject');
      writeFileSync(join(office.dir, 'decision.txt'), formatSigned(body.signed, 'line'));
      const argv = ['reject', '--signature', 'decision.txt'];
      const handedIn = await office.json(decisionJson, ...argv);
      expect(handedIn.body).toMatchObject({ decision: 'reject', person: 'robin' });
      const status = await office.json(v.looseObject({}), 'status');
      expect(status.body).toMatchObject({ requests: [] });
      expect(JSON.stringify(await office.drive('resume'))).toContain('wrong week');
    },
  );

  testWith(['ssh-keygen'], 'is not signed where a byte of it was changed', async () => {
    const { away } = await openScene();
    const file = join(away.dir, 'request.json');
    const request = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly blobs: Record<string, { bytes: string }>;
    };
    for (const blob of Object.values(request.blobs)) {
      const text = Buffer.from(blob.bytes, 'base64').toString().replace('echo fixed', 'echo owned');
      blob.bytes = Buffer.from(text).toString('base64');
    }
    writeFileSync(file, JSON.stringify(request));
    const refused = await away.failure(...offline('approve'));
    expect(refused).toMatchObject({ exitCode: 14, code: 'blob_altered' });
    expect(readdirSync(join(away.dir, 'approver', 'receipts'))).toEqual([]);
  });

  testWith(['ssh-keygen'], 'takes back only what was signed, and only for itself', async () => {
    const { office, away } = await openScene();
    const { body } = await away.json(offlineJson, ...offline('approve'));
    const other = await office.drive('exec', 'fix.yaml');
    const { statement, signature } = body.signed;
    const handIn = async (signed: SignedStatement) => {
      const stdin = formatSigned(signed, 'block');
      return (await office.with({ stdin }).run('approve', '--signature', '-')).exitCode;
    };
    const reworded = statement.replace('"reason":null', '"reason":"so be it"');
    expect(reworded).not.toBe(statement);
    expect(await handIn({ statement: reworded, signature })).toBe(14);
    expect(await handIn({ statement, signature: signature.replace(/.{8}$/, 'AAAAAAAA') })).toBe(14);
    expect(await handIn({ statement, signature })).toBe(0);
    expect(await office.drive('resume', other.run)).toMatchObject({ status: 'waiting' });
  });
});

describe('the second person signs', () => {
  testWith(
    ['ssh-keygen', 'ssh-agent', 'ssh-add'],
    'with a key that only their agent holds',
    async () => {
      const office = await openOffice({ files });
      const env = { SSH_AUTH_SOCK: await startAgent(office) };
      const added = spawnSync('ssh-add', ['-q', office.robin], { env: { ...office.env, ...env } });
      expect(added.status, String(added.stderr)).toBe(0);
      rmSync(office.robin);

      await office.drive('exec', 'fix.yaml');
      const { body } = await office.with({ env }).json(decisionJson, 'approve', '--ssh-agent');
      expect(body).toMatchObject({ person: 'robin', assurance: 'A3', missing: [] });
      expect(await office.drive('resume')).toMatchObject({ status: 'succeeded' });
    },
  );

  testWith(['ssh-keygen'], 'with an Ed25519 key in PKCS#8', async () => {
    const office = await openOffice({ files });
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const line = formatPublicKey(parsePublicKeyBlob(ed25519Blob(rawPublicKey(publicKey))));
    writeFileSync(join(office.dir, 'kim.pub'), `${line}\n`);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(join(office.dir, 'kim.pem'), pem, { mode: 0o600 });
    await office.run('people', 'add', 'kim', '--ssh-key', 'kim.pub');

    await office.drive('exec', 'fix.yaml');
    const { body } = await office.json(decisionJson, 'approve', '--key', 'kim.pem');
    expect(body).toMatchObject({ person: 'kim', assurance: 'A3', missing: [] });
    expect(await office.drive('resume')).toMatchObject({ status: 'succeeded' });
  });
});

/** A real agent that listens where only this test looks. */
async function startAgent({ dir }: Cli): Promise<string> {
  const socket = join(dir, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  await expect.poll(() => existsSync(socket)).toBe(true);
  return socket;
}
