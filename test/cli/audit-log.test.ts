import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { AuditLine } from '../../src/engine/reports.ts';
import { aScene, writeKey } from './scene.ts';

/** One journal: a run that robin approved, one that robin rejected. */
const scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

let approved = '';

async function waiting(...argv: readonly string[]): Promise<{ run: string; words: string }> {
  const { stdout } = await scene.run('exec', 'hello', ...argv, '--json');
  const { run, requests } = JSON.parse(stdout) as {
    readonly run: string;
    readonly requests: readonly { readonly words: string }[];
  };
  return { run, words: requests[0]?.words ?? '' };
}

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub', '--group', 'sre');
  const first = await waiting();
  await scene.run('approve', first.words, '--key', 'robin.pem');
  await scene.run('resume', first.run);
  approved = first.run;
  const second = await waiting('-p', 'who=moon');
  await scene.run('reject', second.words, '--key', 'robin.pem', '--reason', 'not today');
});

async function log(...argv: readonly string[]): Promise<readonly AuditLine[]> {
  const { stdout, stderr } = await scene.run('audit', 'log', ...argv, '--json', '--limit', '500');
  if (stdout === '') {
    throw new Error(stderr);
  }
  return (JSON.parse(stdout) as { readonly entries: readonly AuditLine[] }).entries;
}

const types = (lines: readonly AuditLine[]): readonly string[] => lines.map(({ type }) => type);

describe('audit log', () => {
  test('finds decisions by what was decided, and how surely', async () => {
    expect(types(await log('--decision', 'approve'))).toEqual(['approval.decided']);
    expect(types(await log('--decision', 'reject', '--assurance', 'A3'))).toEqual([
      'approval.decided',
    ]);
    expect(await log('--assurance', 'A0')).toEqual([]);
    expect(await log('--decision', 'approve', '--type', 'step.*')).toEqual([]);
  });

  test('finds what a person did, decided, or stands behind', async () => {
    expect(types(await log('--person', 'robin'))).toEqual(['approval.decided', 'approval.decided']);
    const ana = await log('--person', 'ana');
    expect(types(ana)).toContain('run.started');
    expect(types(ana)).toContain('step.finished');
    expect(types(await log('--person', 'ana', '--type', 'run.finished'))).toHaveLength(1);
  });

  test('finds by runbook, environment, run and type, all at once', async () => {
    const starts = await log(
      '--runbook',
      'hello',
      '--environment',
      'local',
      '--type',
      'run.started',
    );
    expect(starts).toHaveLength(2);
    const one = await log(approved, '--type', 'run.*', '--runbook', 'hello');
    expect(new Set(one.map(({ run }) => run))).toEqual(new Set([approved]));
  });

  test('finds by time, in words or exactly', async () => {
    const all = await log();
    expect(await log('--since', '1h')).toEqual(all);
    expect(await log('--until', '1h')).toEqual([]);
    const middle = all[Math.floor(all.length / 2)]?.time ?? '';
    const [before, after] = [await log('--until', middle), await log('--since', middle)];
    expect([...before, ...after]).toEqual(all);
    expect(after.every(({ time }) => time >= middle)).toBe(true);
  });

  test('gives the newest of what fits, oldest first', async () => {
    const { stdout } = await scene.run('audit', 'log', '--type', 'run.*', '--limit', '1', '--json');
    const { entries } = JSON.parse(stdout) as { readonly entries: readonly AuditLine[] };
    expect(entries).toEqual((await log('--type', 'run.*')).slice(-1));
  });

  test.each([
    [['--person', 'robbin'], '`robin`'],
    [['--runbook', 'helo'], '`hello`'],
    [['--environment', 'loca'], '`local`'],
    [['--type', 'step.starte'], '`step.started`'],
  ])('says of a name that nobody knows which was meant: %j', async (argv, meant) => {
    const { exitCode, stderr } = await scene.run('audit', 'log', ...argv);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`did you mean ${meant}?`)]);
  });

  test('refuses what is no time', async () => {
    const { exitCode, stderr } = await scene.run('audit', 'log', '--since', 'yesterday');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is not a time gone by')]);
  });
});

describe('audit report', () => {
  test('says for each control what the journal shows, the same each time', async () => {
    const once = await scene.run('audit', 'report', '--framework', 'soc2');
    expect(once.exitCode).toBe(0);
    expect(once.stdout).toContain('| CC8.1 |');
    expect(once.stdout).toContain('* privileged steps started under an approval: 1 [');
    expect(once.stdout).toContain('* people who approved (robin): 1');
    expect(once.stdout).toContain('**What this does not prove**');
    expect((await scene.run('audit', 'report', '--framework', 'soc2')).stdout).toBe(once.stdout);
  });

  test('is one HTML file without a script, and nothing is loaded', async () => {
    const file = join(scene.dir, 'fedramp.html');
    const { exitCode } = await scene.run(
      'audit',
      'report',
      '--framework',
      'fedramp',
      '--html',
      file,
    );
    const html = readFileSync(file, 'utf8');
    expect(exitCode).toBe(0);
    expect(html).toContain('<b>AC-6(9)</b> <small>MH</small>');
    expect(html).not.toMatch(/<script|<img|<link|https?:|url\(/);
  });

  test('is about its period alone', async () => {
    const { stdout } = await scene.run(
      'audit',
      'report',
      '--framework',
      'iso27001',
      '--to',
      '1d',
      '--json',
    );
    const { controls, entries } = JSON.parse(stdout) as {
      readonly controls: readonly { readonly id: string; readonly population: number }[];
      readonly entries: { readonly count: number };
    };
    expect(entries.count).toBe(0);
    expect(controls.every(({ population }) => population === 0)).toBe(true);
    const wrong = await scene.run(
      'audit',
      'report',
      '--framework',
      'soc2',
      '--from',
      '1d',
      '--to',
      '2d',
    );
    expect(wrong).toMatchObject({ exitCode: 2 });
  });
});

describe('journal erase and prune', () => {
  test('keep what is young, whatever the flags say, and listen to no agent', async () => {
    const flags = ['--keep', '0s', '--reason', 'old'] as const;
    const young = await scene.run('journal', 'prune', ...flags);
    expect(young).toMatchObject({ exitCode: 2 });
    expect(young.stderr).toContain('stay whole for `30d`');
    const own = await scene.run('journal', 'erase', '--run', approved, '--reason', 'x');
    expect(own).toMatchObject({ exitCode: 13 });
    const agent = scene.with({ env: { RUNBOOK_AGENT: 'deploy-bot' } });
    expect(await agent.run('journal', 'prune', ...flags)).toMatchObject({ exitCode: 13 });
  });

  test('say what went, and what had to stay', async () => {
    scene.write('config/config.yaml', 'retention: { keep: 0s }\n');
    const erased = await scene.run(
      'journal',
      'erase',
      '--run',
      approved,
      '--outputs',
      '--reason',
      'asked for',
    );
    expect(erased).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^erased \d+ blobs/) as string,
    });
    expect((await scene.run('logs', approved)).stderr).toContain('asked for');
    const pruned = await scene.run(
      'journal',
      'prune',
      '--keep',
      '0s',
      '--reason',
      'old',
      '--dry-run',
    );
    expect(pruned.stdout).toMatch(/^would prune 1 run, /);
    expect(pruned.stderr).toContain('it has not ended');
    const done = await scene.run('journal', 'prune', '--keep', '0s', '--reason', 'old');
    expect(done.stdout).toMatch(/^pruned 1 run, /);
    expect((await scene.run('status', approved)).stderr).toContain('was pruned');
    expect((await scene.run('audit', 'verify')).exitCode).toBe(0);
  });

  test('need to know what, and how old', async () => {
    expect(await scene.run('journal', 'erase', '--reason', 'x')).toMatchObject({ exitCode: 2 });
    expect(await scene.run('journal', 'prune', '--reason', 'x')).toMatchObject({ exitCode: 2 });
    expect(
      await scene.run('journal', 'erase', '--run', 'a', '--blob', 'b', '--reason', 'x'),
    ).toMatchObject({ exitCode: 2 });
  });
});
