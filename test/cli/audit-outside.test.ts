import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { openAuthority, serveAuthority } from '../support/timestamp-authority.ts';
import { aScene, type Scene } from './scene.ts';

// Loaded once: whichever test is first would pay for it.
beforeAll(async () => {
  await import('../../src/app.ts');
}, 60_000);

async function openJournal(): Promise<Scene> {
  const scene = aScene().with({ clock: systemClock });
  onTestFinished(() => scene.close());
  await scene.run('init', '--person', 'ana', '--no-example');
  say(scene, 'honest');
  return scene;
}

function say(scene: Scene, word: string): void {
  scene.write('say.yaml', `name: say\nsteps: [{ id: say, run: echo ${word} }]\n`);
}

const verify = (scene: Scene, ...argv: readonly string[]) => scene.run('audit', 'verify', ...argv);

test('a journal is only consistent with itself until somebody outside has seen it', async () => {
  const scene = await openJournal();
  await scene.run('exec', 'say.yaml');
  const { stdout, exitCode } = await verify(scene);
  expect(exitCode).toBe(0);
  expect(stdout.split('\n')[0]).toBe('SELF-CONSISTENT ONLY');
});

test('timestamps are asked for when a run ends and on demand, and verified offline', async () => {
  const scene = await openJournal();
  const authority = openAuthority();
  const url = await serveAuthority((request) => ({ body: authority.reply(request) }));
  appendFileSync(
    join(scene.dir, 'config', 'config.yaml'),
    `\nsinks:\n  tsa: { kind: timestamp, url: "${url}", ca: ${authority.caFile} }\n`,
  );
  await scene.run('exec', 'say.yaml');
  const [headline] = (await verify(scene)).stdout.split('\n');
  expect(headline).toMatch(
    /^ANCHORED size=\d+ of \d+ by=timestamp tsa, named by the journal itself at=2/,
  );

  const stamped = await scene.run('audit', 'timestamp', '--json');
  expect(stamped.exitCode).toBe(0);
  expect(JSON.parse(stamped.stdout)).toMatchObject({ sinks: [{ sink: 'tsa', trouble: null }] });
  expect(verifiedByHand(scene, authority.caFile)).toContain('Verification: OK');
  const chosen = await verify(scene, '--timestamp-ca', authority.caFile);
  expect(chosen.exitCode).toBe(0);
  expect(chosen.stdout).toMatch(/^ANCHORED size=(\d+) of \1 by=timestamp \S+ at=/);
});

/** The commands of docs/journal.md, as they stand there. */
function verifiedByHand(scene: Scene, caFile: string): string {
  const page = readFileSync(join(import.meta.dirname, '../../docs/journal.md'), 'utf8');
  const [, commands = ''] = /```sh\n(at=[^]*?openssl ts [^]*?)```/.exec(page) ?? [];
  const store = `${scene.dir}/state/journal.sqlite`;
  const note = execFileSync('sqlite3', [
    store,
    "select json_extract(bytes, '$.origin') from entries limit 1",
  ]);
  scene.write('note', note.toString());
  cpSync(caFile, join(scene.dir, 'ca.pem'));
  const shell = execFileSync('sh', ['-euc', `state=${scene.dir}/state\n${commands}`], {
    cwd: scene.dir,
    stdio: 'pipe',
  });
  return shell.toString();
}

test('without an authority there is nobody to ask', async () => {
  const scene = await openJournal();
  const { exitCode, stderr } = await scene.run('audit', 'timestamp');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('no timestamp authority is configured');
});

test('two histories under one key become a file, and the file is proof by itself', async () => {
  const scene = await openJournal();
  await scene.run('exec', 'say.yaml');
  const state = join(scene.dir, 'state');
  cpSync(state, join(scene.dir, 'snapshot'), { recursive: true });
  await scene.run('exec', 'say.yaml');
  const { stdout: shown } = await scene.run('audit', 'show', '0', '--json');
  const { entry } = JSON.parse(shown) as { readonly entry: { readonly checkpoint: string } };
  scene.write('kept', entry.checkpoint);

  rmSync(state, { recursive: true });
  cpSync(join(scene.dir, 'snapshot'), state, { recursive: true });
  say(scene, 'a lie');
  await scene.run('exec', 'say.yaml');
  await scene.run('exec', 'say.yaml');

  const found = await verify(scene, '--checkpoint', 'kept');
  expect(found.exitCode).toBe(14);
  expect(found.stdout).toMatch(/^FAILED completeness\n/);
  expect(found.stderr).toContain('--proof-of-fork FILE');

  const kept = await verify(scene, '--checkpoint', 'kept', '--proof-of-fork', 'fork.json');
  expect(kept.exitCode).toBe(14);
  expect(existsSync(join(scene.dir, 'fork.json'))).toBe(true);
  const again = await verify(scene, '--checkpoint', 'kept', '--proof-of-fork', 'fork.json');
  expect(again).toMatchObject({ exitCode: 2 });

  rmSync(state, { recursive: true });
  const proven = await verify(scene, 'fork.json', '--json');
  expect(proven.exitCode).toBe(14);
  expect(proven.stdout).toContain('signed two histories');
  expect(existsSync(join(state, 'journal.sqlite'))).toBe(false);
});
