import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { keysJson } from '../support/cli-schema.ts';
import { aScene, type Said, writeKey } from './scene.ts';

/** One story, told in order: a recovery key is named, and the journal handed on, in every way there is. */
const scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

beforeAll(async () => {
  for (const name of ['recovery', 'second', 'stranger', 'robin']) {
    writeKey(scene, name);
  }
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
});

/** `runbook journal key`, with words that hold no space. */
function key(line: string): Promise<Said> {
  return scene.run('journal', 'key', ...line.split(' '));
}

async function keys(): Promise<v.InferOutput<typeof keysJson>> {
  const { stdout } = await key('show --json');
  return v.parse(keysJson, JSON.parse(stdout));
}

async function failed(line: string): Promise<{ readonly exitCode: number; readonly code: string }> {
  const { exitCode, stderr } = await key(`${line} --json`);
  return { ...(JSON.parse(stderr) as { readonly code: string }), exitCode };
}

const publicOf = (name: string): string =>
  readFileSync(join(scene.dir, `${name}.pub`), 'utf8')
    .split(' ', 2)
    .join(' ');

describe('before a recovery key is named', () => {
  test('show says that nothing could hand the journal on', async () => {
    expect(await keys()).toMatchObject({ keys: [{ from: 1, to: null }], recovery: null });
    expect((await key('show')).stdout).toContain(
      'none: a lost or stolen key could not be replaced',
    );
  });

  test('no key is made for a rotation', async () => {
    const before = readdirSync(join(scene.dir, 'state'));
    expect(await failed('rotate --key recovery.pem')).toMatchObject({
      exitCode: 2,
      code: 'recovery_missing',
    });
    expect(readdirSync(join(scene.dir, 'state'))).toEqual(before);
  });
});

describe('recovery', () => {
  test('names the key that signs', async () => {
    const said = await key('recovery --key recovery.pem');
    expect(said.exitCode).toBe(0);
    expect(said.stderr).toContain('none: it is the first');
    expect((await keys()).recovery?.public).toBe(publicOf('recovery'));
  });

  test('does not name the same key twice', async () => {
    expect(await failed('recovery --key recovery.pem')).toMatchObject({ code: 'recovery_same' });
  });

  test('names another one only with the signature of the one before', async () => {
    expect(await failed('recovery --key second.pem')).toMatchObject({ code: 'previous_missing' });
    expect(await failed('recovery --key second.pem --previous stranger.pem')).toMatchObject({
      code: 'key_not_recovery',
    });
    expect((await key('recovery --key second.pem --previous recovery.pem')).exitCode).toBe(0);
    expect((await keys()).recovery?.public).toBe(publicOf('second'));
  });

  test('takes signatures of two keys that are never in one place, in any order', async () => {
    await key('recovery --export back.json --public-key recovery.pub');
    for (const holder of ['recovery', 'second']) {
      const { stdout } = await key(`recovery --offline back.json --key ${holder}.pem`);
      scene.write(`${holder}.txt`, stdout);
    }
    expect(await failed('recovery --signature recovery.txt')).toMatchObject({
      code: 'key_unsigned',
    });
    const said = await key('recovery --signature second.txt --signature recovery.txt');
    expect(said.exitCode).toBe(0);
    expect((await keys()).recovery?.public).toBe(publicOf('recovery'));
  });
});

describe('rotate', () => {
  test('hands the journal to a new key, and says whom', async () => {
    const [first] = (await keys()).keys;
    const said = await key('rotate --key recovery.pem');
    expect(said.exitCode).toBe(0);
    expect(said.stderr).toContain(first?.verifier_key);
    const [before, after, ...more] = (await keys()).keys;
    expect(more).toEqual([]);
    expect(before).toMatchObject({ ...first, to: (after?.from ?? 0) - 1, ended: 'rotation' });
    expect(after).toMatchObject({ to: null, ended: null });
    expect(said.stderr.split('\n').filter((line) => line === after?.verifier_key)).toHaveLength(1);
    expect((await scene.run('audit', 'verify', '--json')).exitCode).toBe(0);
  });

  test('is not taken from another key', async () => {
    const before = await keys();
    expect(await failed('rotate --key stranger.pem')).toMatchObject({ code: 'key_not_recovery' });
    expect(await keys()).toEqual(before);
  });

  test('is told of with every key whole, however narrow the window', async () => {
    const narrow = scene.with({ terminal: true, columns: 40, env: { NO_COLOR: '1' } });
    const { stdout } = await narrow.run('journal', 'key', 'show');
    const { keys: known, recovery } = await keys();
    const lines = stdout.split('\n');
    for (const { verifier_key } of known) {
      expect(lines).toContain(`    ${verifier_key}`);
    }
    expect(lines).toContain(`    ${recovery?.public}`);
    expect(stdout).toContain(`signs heads from size ${known.at(-1)?.from} on\n`);
    expect(stdout).toMatch(/^recovery key SHA256:\S+, named by entry \d+$/m);
  });

  test('that fails leaves no key behind, and takes none that an export waits with', async () => {
    const waiting = (): readonly string[] =>
      readdirSync(join(scene.dir, 'state')).filter((name) => /\.(next-|made)/.test(name));
    expect(waiting()).toEqual([]);
    await key('rotate --export open.json');
    const [exported = ''] = waiting();
    expect(exported).toMatch(/^journal\.key\.next-[0-9a-f]{8}$/);
    expect(await failed('rotate --key nofile.pem')).toMatchObject({ exitCode: 2 });
    expect(await failed('rotate --key stranger.pem')).toMatchObject({ code: 'key_not_recovery' });
    expect(await failed('rotate --export open.json')).toMatchObject({ code: 'file_unwritable' });
    expect(waiting()).toEqual([exported]);
    const doctor = JSON.parse((await scene.run('doctor', '--json')).stdout) as {
      readonly findings: readonly { readonly name: string; readonly message: string }[];
    };
    expect(doctor.findings.find(({ name }) => name === 'prepared key')?.message).toContain(
      `${exported}\`: made for a rotation that was not finished`,
    );
  });

  test('works where the old key is lost', async () => {
    rmSync(join(scene.dir, 'state', 'journal.key'));
    expect((await key('rotate --reason lost --key recovery.pem')).exitCode).toBe(0);
    expect((await keys()).keys.at(-2)).toMatchObject({ ended: 'lost' });
    expect(existsSync(join(scene.dir, 'state', 'journal.key'))).toBe(true);
    expect((await scene.run('exec', 'hello', '-p', 'who=you', '--json')).exitCode).toBe(10);
  });

  test('is signed elsewhere, and handed in once', async () => {
    await key('rotate --export rotate.json');
    const signed = await key('rotate --offline rotate.json --key recovery.pem');
    expect(signed.stdout).toMatch(/^-----BEGIN RUNBOOK DECISION-----/);
    scene.write('signed.txt', signed.stdout);
    expect(await failed('recovery --signature signed.txt')).toMatchObject({
      code: 'other_decision',
    });
    const { keys: before } = await keys();
    expect((await key('rotate --signature signed.txt')).exitCode).toBe(0);
    expect((await keys()).keys).toHaveLength(before.length + 1);
    expect((await key('rotate --signature signed.txt')).exitCode).toBe(0);
    expect((await keys()).keys).toHaveLength(before.length + 1);
  });

  test('says since when a key was compromised, and only then', async () => {
    expect(await failed('rotate --reason compromised --key recovery.pem')).toMatchObject({
      code: 'since_missing',
    });
    expect(await failed('rotate --since 2026-01-01 --key recovery.pem')).toMatchObject({
      code: 'since_missing',
    });
    expect(
      await failed('rotate --reason compromised --since 2999-01-01T00:00:00Z --key recovery.pem'),
    ).toMatchObject({ code: 'since_ahead' });
    const said = await key(
      'rotate --reason compromised --since 2026-01-01T00:00:00Z --key recovery.pem',
    );
    expect(said.exitCode).toBe(0);
    expect((await key('show')).stdout.replace(/\s+/g, ' ')).toContain(
      'compromised since 2026-01-01T00:00:00.000Z',
    );
  });
});

describe('refused are', () => {
  test.each(['recovery --key recovery.pem', 'rotate --key recovery.pem', 'rotate --export x.json'])(
    'agents: %s',
    async (line) => {
      const { exitCode, stderr } = await scene
        .with({ env: { RUNBOOK_AGENT: 'deploy-bot' } })
        .run('journal', 'key', ...line.split(' '), '--json');
      expect(exitCode).toBe(13);
      expect(JSON.parse(stderr)).toMatchObject({ code: 'agent_decides' });
    },
  );

  test.each(['show', 'recovery --key recovery.pem', 'rotate --key recovery.pem'])(
    'servers of other machines: %s',
    async (line) => {
      const env = { RUNBOOK_SERVER: 'http://127.0.0.1:9', RUNBOOK_TOKEN: `rbk_${'a'.repeat(43)}` };
      const { exitCode, stderr } = await scene
        .with({ env })
        .run('journal', 'key', ...line.split(' '), '--json');
      expect(exitCode).toBe(2);
      expect(JSON.parse(stderr)).toMatchObject({ code: 'not_on_server' });
    },
  );

  test.each([
    'rotate --key k --ssh-agent',
    'rotate --key k --signature s',
    'rotate --offline f --export g',
    'rotate --export f --key k',
    'recovery --signature s --previous p',
  ])('flags that exclude each other: %s', async (line) => {
    expect(await failed(line)).toMatchObject({ exitCode: 2, code: 'flags_conflict' });
  });
});
