import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeForkFile } from '../../src/engine/proof/fork-proof.ts';
import { composeFork, type Fork, parseFork, verifyFork } from '../../src/journal/fork.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { byHand } from '../attacks/journal-by-hand.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { aSigner } from '../support/signer.ts';
import { someLog } from '../support/some-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const origin = 'journal.example/one';
const { publicKey } = aSigner(origin);
const verifierKey = formatVerifierKey(origin, publicKey);

/** Two logs under one key that have no entry in common. */
async function aFork(older: number, newer: number): Promise<Fork> {
  const ours = someLog(newer, { word: 'one' });
  const theirs = someLog(older, { word: 'two' });
  const consistency = await ours.consistencyProof(older, newer);
  return {
    verifierKey,
    older: theirs.headAt(older).note,
    newer: ours.headAt(newer).note,
    root: ours.headAt(older).root.toString('base64'),
    consistency: consistency.map((hash) => hash.toString('base64')),
  };
}

const refused: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_FORK_FORM' });

test('two heads of one size, or of two, prove a fork, and the file says so again', async () => {
  for (const [older, newer] of [
    [7, 7],
    [3, 7],
    [4, 8],
    [1, 20],
  ] as const) {
    const fork = await aFork(older, newer);
    expect(parseFork(composeFork(fork))).toEqual(fork);
    const proven = verifyFork(fork);
    expect([proven.older.size, proven.newer.size]).toEqual([older, newer]);
  }
});

test('an honest log never yields one, whatever its sizes', async () => {
  const log = someLog(40);
  await fc.assert(
    fc.asyncProperty(fc.nat(39), fc.nat(39), async (one, other) => {
      const [older, newer] = [Math.min(one, other) + 1, Math.max(one, other) + 1];
      const fork = {
        verifierKey,
        older: log.headAt(older).note,
        newer: log.headAt(newer).note,
        root: log.headAt(older).root.toString('base64'),
        consistency: (await log.consistencyProof(older, newer)).map((hash) =>
          hash.toString('base64'),
        ),
      };
      expect(() => verifyFork(fork)).toThrow(refused);
    }),
    { numRuns: 50 },
  );
});

test('nothing is proven by another key, a made-up root, or notes that were altered', async () => {
  const fork = await aFork(3, 7);
  const other = aSigner('journal.example/one', 2);
  const wrong: readonly Fork[] = [
    { ...fork, verifierKey: formatVerifierKey(other.name, other.publicKey) },
    { ...fork, root: Buffer.alloc(32, 3).toString('base64') },
    { ...fork, consistency: fork.consistency.slice(1) },
    { ...fork, older: fork.older.replace('\n3\n', '\n4\n') },
    { ...fork, older: fork.newer },
    { ...fork, older: '' },
  ];
  for (const each of wrong) {
    expect(() => verifyFork(each)).toThrow(refused);
    expect(() => composeFork(each)).toThrow(refused);
  }
  expect(() => parseFork('{"kind":"runbook.fork"}')).toThrow(refused);
});

describe('of a journal that was rewritten under its own key', () => {
  const runbook = (word: string): string =>
    `name: plain\nsteps: [{ id: say, run: echo ${word} }]\n`;

  async function rewrite(scene: Scene): Promise<void> {
    byHand(scene, (db) => db.prepare('delete from entries where seq >= 2').run());
    await scene.engine().store.rebuild(() => undefined);
    await scene.restart();
    writeFileSync(join(scene.dir, 'runbook.yaml'), runbook('lie'));
    await scene.exec();
    await scene.exec();
  }

  test('the proof comes out of `audit verify`, and convinces without the journal', async () => {
    const scene = openScene({ runbook: runbook('truth') });
    await scene.exec();
    const { note: text } = await scene.engine().store.head();
    await rewrite(scene);
    const report = await scene.service().verify({
      receipts: [],
      pins: [],
      checkpoints: [{ file: 'kept', text }],
      progress: () => undefined,
    });
    expect(report.findings.map(({ code }) => code)).toEqual(['E_FORK']);
    const [proof = ''] = report.forks ?? [];
    expect(judgeForkFile(proof)).toMatchObject({ exit_code: 14, findings: [{ code: 'E_FORK' }] });
    expect(judgeForkFile(proof)?.findings[0]?.message).toContain('signed two histories');
    expect(judgeForkFile('{}')).toBeNull();
  });

  test('an honest journal proves nothing against itself', async () => {
    const scene = openScene({ runbook: runbook('truth') });
    await scene.exec();
    const { note: text } = await scene.engine().store.head();
    await scene.exec();
    const report = await scene.service().verify({
      receipts: [],
      pins: [],
      checkpoints: [{ file: 'kept', text }],
      progress: () => undefined,
    });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(report.forks).toBeUndefined();
  });
});

test('openssl and Go accept the parts of a proof, as its own words tell', async () => {
  const fork = await aFork(3, 7);
  const dir = tempFolder();
  for (const note of [fork.older, fork.newer]) {
    const [body = '', lines = ''] = note.split('\n\n');
    const signature = Buffer.from(lines.trim().split(' ').at(-1) ?? '', 'base64').subarray(-64);
    writeFileSync(join(dir, 'body'), `${body}\n`);
    writeFileSync(join(dir, 'sig'), signature);
    const key = Buffer.from(fork.verifierKey.split('+').slice(2).join('+'), 'base64');
    const prefix = Buffer.from('302a300506032b6570032100', 'hex');
    writeFileSync(join(dir, 'key.der'), Buffer.concat([prefix, key.subarray(-32)]));
    const args = '-verify -pubin -keyform DER -inkey key.der -rawin -in body -sigfile sig';
    const said = execFileSync('openssl', ['pkeyutl', ...args.split(' ')], { cwd: dir });
    expect(said.toString()).toContain('Verified Successfully');
  }
  const ours = someLog(3, { word: 'one' }).headAt(3);
  const claims = [
    { note: fork.newer, older: ours.note, proof: fork.consistency },
    { note: fork.older },
  ];
  const go = execFileSync('go', ['run', join(import.meta.dirname, '../fixtures/go/check.go')], {
    input: JSON.stringify({ verifier_key: fork.verifierKey, claims }),
    env: { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode' },
  });
  expect(JSON.parse(go.toString())).toEqual(['', '']);
});
