import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as app from '../../src/app.ts';
import type { LoadApp } from '../../src/cli/cli.ts';
import { policyTools } from '../../src/engine/policy/tools.ts';
import { leaveUnknown } from '../attacks/forge.ts';
import { openScene } from '../support/scene.ts';
import { aScene, type Scene, writeKey } from './scene.ts';

const runbook = `name: restarting
steps:
  - id: restart
    privileged: true
    run: echo restarted >> restarted
`;

interface Unknown {
  readonly run: string;
  /** Where the journal is. */
  readonly here: Scene;
  /** Lee's own session: a key, and no journal. */
  readonly away: Scene;
}

/** A privileged step had started, and nobody knows what became of it. */
async function openUnknown(): Promise<Unknown> {
  const scene = aScene();
  onTestFinished(() => scene.close());
  writeKey(scene, 'lee');
  const key = readFileSync(join(scene.dir, 'lee.pub'), 'utf8').trim();
  const journal = openScene({ runbook, morePeople: `  - { name: lee, ssh_keys: ["${key}"] }\n` });
  const { run } = await journal.exec();
  await journal.decide(journal.people.robin, 'approve');
  await leaveUnknown(journal, run);
  const loadHere: LoadApp = async () => ({
    ...app,
    openApp: () => ({
      service: journal.service(),
      policyTools: policyTools(journal.engine(), journal.elsewhere),
      close: async () => undefined,
    }),
  });
  const loadAway: LoadApp = async () => ({
    ...app,
    openApp: () => {
      throw new Error('there is no journal here');
    },
  });
  return {
    run,
    here: scene.with({ loadApp: loadHere, clock: journal.clock }),
    away: scene.with({
      loadApp: loadAway,
      clock: journal.clock,
      env: { RUNBOOK_APPROVER_DIR: join(scene.dir, 'away') },
    }),
  };
}

const found = ['--outcome', 'succeeded', '--reason', 'all nodes are up'];

describe('a step whose outcome is unknown', () => {
  test('is settled with a key, after its command was shown', async () => {
    const { run, here } = await openUnknown();
    const said = await here.run('resolve', run, 'restart', ...found, '--key', 'lee.pem');
    expect([said.exitCode, said.stdout]).toEqual([
      0,
      expect.stringMatching(/succeeded {2}restart/),
    ]);
    expect(said.stderr).toContain('╭─ started step ');
    expect(said.stderr).toContain('1 echo restarted >> restarted');
    expect(said.stderr).toMatch(/^receipt: /m);
  });

  test('is settled by a file alone, carried there and back', async () => {
    const { run, here, away } = await openUnknown();
    const exported = await here.run('resolve', run, 'restart', '--export', 'started.json');
    expect([exported.exitCode, exported.stdout]).toEqual([0, 'started.json\n']);
    expect(exported.stderr).toContain('  runbook resolve --offline started.json --outcome ');

    const argv = ['resolve', '--offline', 'started.json', ...found, '--key', 'lee.pem'];
    const signed = await away.run(...argv);
    expect(signed.exitCode).toBe(0);
    expect(signed.stdout).toMatch(/^-----BEGIN RUNBOOK DECISION-----\n/);
    expect(signed.stderr).toContain('1 echo restarted >> restarted');
    expect(signed.stderr).toContain('`runbook resolve --signature -`');
    expect(existsSync(join(here.dir, 'away', 'receipts'))).toBe(true);

    const handIn = here.with({ stdin: signed.stdout });
    expect((await handIn.run('approve', '--signature', '-')).stderr).toContain(
      'signed to `resolve`, not to `approve`',
    );
    const handed = await handIn.run('resolve', '--signature', '-', '--json');
    expect(JSON.parse(handed.stdout)).toMatchObject({ run, steps: [{ status: 'succeeded' }] });
    const again = await handIn.run('resolve', '--signature', '-', '--json');
    expect([again.exitCode, JSON.parse(again.stderr)]).toMatchObject([
      2,
      { code: 'step_not_unknown' },
    ]);
  });

  test('answers JSON of what was signed', async () => {
    const { run, here, away } = await openUnknown();
    await here.run('resolve', run, 'restart', '--export', 'started.json');
    const argv = ['resolve', '--offline', 'started.json', ...found, '--key', 'lee.pem', '--json'];
    const { stdout, stderr } = await away.run(...argv);
    const { receipt, signed, ...about } = JSON.parse(stdout) as Record<string, unknown>;
    expect([about, stderr]).toEqual([{ run, step: 'restart', outcome: 'succeeded' }, '']);
    expect(receipt).toMatch(/\/away\/receipts\/\w+\.json$/);
    expect(Object.keys(Object(signed) as object).sort()).toEqual(['signature', 'statement']);
  });

  test('is no request, and a request is no started step', async () => {
    const { run, here, away } = await openUnknown();
    await here.run('resolve', run, 'restart', '--export', 'started.json');
    const approved = await away.run('approve', '--offline', 'started.json', '--key', 'lee.pem');
    expect([approved.exitCode, approved.stderr]).toEqual([2, expect.stringContaining('unknown')]);
    const { requests } = JSON.parse((await here.run('requests', '--all', '--json')).stdout) as {
      requests: { request: string }[];
    };
    await here.run('review', requests[0]?.request ?? '', '--export', 'request.json');
    const argv = ['resolve', '--offline', 'request.json', ...found, '--key', 'lee.pem'];
    const resolved = await away.run(...argv);
    expect([resolved.exitCode, resolved.stderr]).toEqual([
      2,
      expect.stringContaining('its step has not started'),
    ]);
  });

  test('takes a signature where it is privileged', async () => {
    const { run, here } = await openUnknown();
    const { exitCode, stderr } = await here.run('resolve', run, 'restart', ...found);
    expect([exitCode, stderr]).toEqual([13, expect.stringContaining('takes a signature')]);
  });
});

test('what is missing is named', async () => {
  const scene = aScene();
  onTestFinished(() => scene.close());
  for (const [argv, missing] of [
    [found, 'run'],
    [['4f7k', ...found], 'step'],
    [['4f7k', 'step'], '--outcome <outcome>'],
    [['4f7k', 'step', '--outcome', 'failed'], '--reason <text>'],
    [['--offline', 'started.json'], '--outcome <outcome>'],
  ] as const) {
    const { exitCode, stderr } = await scene.run('resolve', ...argv);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`\`${missing}\``)]);
  }
});
