import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { exportJson, verifyJson } from '../support/cli-schema.ts';
import { aScene, type Scene } from './scene.ts';

// Loaded once: whichever test is first would pay for it.
beforeAll(async () => {
  await import('../../src/app.ts');
}, 60_000);

async function openJournal(): Promise<Scene> {
  const scene = aScene().with({ clock: systemClock });
  onTestFinished(() => scene.close());
  await scene.run('init', '--person', 'ana', '--no-example');
  scene.write('say.yaml', 'name: say\nsteps: [{ id: say, run: echo hello }]\n');
  await scene.run('exec', 'say.yaml');
  return scene;
}

test('the latest run is exported, for nobody else to read, and verified from its file alone', async () => {
  const scene = await openJournal();
  const { stdout, exitCode } = await scene.run('audit', 'export', '--json');
  const exported = v.parse(exportJson, JSON.parse(stdout));
  expect([exitCode, exported.file, exported.scope.kind]).toEqual([0, 'evidence.tar', 'run']);
  const file = join(scene.dir, 'evidence.tar');
  expect([statSync(file).mode & 0o777, statSync(file).size]).toEqual([0o600, exported.bytes]);

  const elsewhere = aScene().with({ clock: systemClock });
  onTestFinished(() => elsewhere.close());
  writeFileSync(join(elsewhere.dir, 'evidence.tar'), readFileSync(file));
  const verified = await elsewhere.run('audit', 'verify', 'evidence.tar', '--json');
  expect(v.parse(verifyJson, JSON.parse(verified.stdout))).toMatchObject({
    exit_code: 0,
    findings: [],
  });
  const text = await elsewhere.run('audit', 'verify', 'evidence.tar');
  expect(text.stdout.split('\n')[0]).toBe('SELF-CONSISTENT ONLY');
});

test('a range is exported on from the checkpoint of the last audit', async () => {
  const scene = await openJournal();
  const shown = JSON.parse((await scene.run('audit', 'show', '1', '--json')).stdout) as {
    readonly entry: { readonly checkpoint: string };
  };
  scene.write('last.checkpoint', shown.entry.checkpoint);
  await scene.run('exec', 'say.yaml');
  const said = await scene.run(
    'audit',
    'export',
    '--from',
    '2',
    '--since',
    'last.checkpoint',
    '-o',
    'quarter.tar',
  );
  expect(said.stdout).toMatch(/^wrote quarter.tar: \d+ entries of a journal of \d+/);
  const verified = await scene.run(
    'audit',
    'verify',
    'quarter.tar',
    '--checkpoint',
    'last.checkpoint',
  );
  expect(verified.stdout).toMatch(/^ANCHORED size=\d+ of \d+ by=checkpoint last.checkpoint/);
});

test('a file that cannot be written is said, and no export of it is recorded', async () => {
  const scene = await openJournal();
  mkdirSync(join(scene.dir, 'folder'));
  for (const file of ['nowhere/x.tar', 'folder']) {
    const { stderr, exitCode } = await scene.run('audit', 'export', '-o', file);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`error: \`${file}\` cannot be written: `);
    expect(stderr).not.toContain('.tmp');
  }
  const report = ['audit', 'report', '--framework', 'soc2', '--html', 'nowhere/x.html'];
  const { stderr, exitCode } = await scene.run(...report);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('cannot be written: ')]);
  expect(readdirSync(scene.dir).filter((name) => name.includes('.tmp'))).toEqual([]);
  const log = await scene.run('audit', 'log', '--type', 'evidence.exported', '--json');
  expect(JSON.parse(log.stdout)).toEqual({ entries: [] });
});

test('a run and a range exclude each other', async () => {
  const scene = await openJournal();
  const { stderr, exitCode } = await scene.run('audit', 'export', '4f7k', '--from', '1', '--json');
  expect(exitCode).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ code: 'flags_conflict' });
});

test('a file that is no bundle is refused, and nothing of it is shown', async () => {
  const scene = await openJournal();
  scene.write('lines.jsonl', `${JSON.stringify({ secret: 'x'.repeat(2000) })}\n`);
  const { stderr, exitCode } = await scene.run('audit', 'verify', 'lines.jsonl', '--json');
  expect(exitCode).toBe(14);
  expect(JSON.parse(stderr)).toMatchObject({
    code: 'E_BUNDLE_FORM',
    message: 'the bundle cannot be read: it is none, but a file of another kind',
    hint: 'name the file that `runbook audit export` wrote',
  });
});

test('what does not exist, and what a bundle was unpacked to, is said', async () => {
  const scene = await openJournal();
  mkdirSync(join(scene.dir, 'unpacked'));
  scene.write('unpacked/bundle.json', '{}');
  const refused = async (name: string): Promise<unknown> => {
    const { stderr, exitCode } = await scene.run('audit', 'verify', name, '--json');
    return { ...(JSON.parse(stderr) as object), exitCode };
  };
  expect(await refused('nofile.tar')).toMatchObject({
    exitCode: 2,
    code: 'copy_missing',
    message: '`nofile.tar` does not exist',
  });
  expect(await refused('unpacked')).toMatchObject({ exitCode: 2, code: 'bundle_unpacked' });
});

test('a key takes one value, and leaves the copy alone', async () => {
  const scene = await openJournal();
  await scene.run('audit', 'export');
  const witness = 'w.example/w1+0a0b0c0d+BAAA';
  const said = await scene.run('audit', 'verify', '--key', witness, 'evidence.tar', '--json');
  expect(JSON.parse(said.stderr)).toMatchObject({ code: 'E_KEY' });
});

test('an exported run is told of by its name, a range by its entries', async () => {
  const scene = await openJournal();
  await scene.run('audit', 'export');
  await scene.run('audit', 'export', '--from', '0', '--to', '2');
  const { stdout } = await scene.run('audit', 'log', '--type', 'evidence.exported');
  expect(stdout).toMatch(/run \w+, by os:/);
  expect(stdout).toMatch(/entries 0 to 1, by os:/);
  expect(stdout.match(/entries/g)).toHaveLength(1);
});

test('help names what may be chosen, and what is chosen where nothing is said', async () => {
  const scene = aScene();
  onTestFinished(() => scene.close());
  const help = async (...command: string[]): Promise<string> =>
    (await scene.run(...command, '--help')).stdout.replace(/\s+/g, ' ');
  expect(await help('audit', 'export')).toContain(
    '(none, plans, outputs, openings; default: plans)',
  );
  expect(await help('audit', 'report')).toContain('(soc2, iso27001, fedramp)');
  expect(await help('audit', 'log')).toContain('(A0, A1, A2, A3)');
  expect(await help('audit', 'timestamp')).toContain('how long to try (default: 30s)');
  expect(await help('journal', 'key', 'rotate')).toContain(
    'why; part of what is signed (rotation, lost, compromised; default: rotation)',
  );
});
