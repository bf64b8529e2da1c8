import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { RunId } from '../../src/base/ids.ts';
import { bot, gated, openServed } from '../server/served.ts';
import { aScene, type Said, writeKey } from './scene.ts';

/** One story, told in order: an account that nobody has for their own. */
const scene = aScene().with({ clock: systemClock });
const ana = ['--as', 'ana', '--key', 'ana.pem'];

beforeAll(async () => {
  writeKey(scene, 'ana');
  writeKey(scene, 'robin');
  scene.write('gated.yaml', gated);
  await scene.run('people', 'add', 'ana', '--ssh-key', 'ana.pub');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
});
afterAll(() => scene.close());

interface Failure {
  readonly code: string;
  readonly hint: string;
}

async function failure(said: Promise<Said>): Promise<Failure & { readonly exitCode: number }> {
  const { exitCode, stderr } = await said;
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return { ...(JSON.parse(last) as Failure), exitCode };
}

describe('from an account that several share', () => {
  test('nothing privileged starts until somebody signs', async () => {
    const refused = await failure(scene.run('exec', 'gated.yaml', '--json'));
    expect(refused).toMatchObject({ exitCode: 13, code: 'initiator_unknown' });
    expect(refused.hint).toContain('whoever starts signs: `--as NAME --key FILE`');
    const claimed = scene.with({ clock: systemClock, env: { RUNBOOK_ON_BEHALF_OF: 'ana' } });
    expect(await failure(claimed.run('exec', 'gated.yaml', '--json'))).toMatchObject({
      code: 'initiator_unknown',
    });
  });

  test.each([
    ['a key of somebody else', ['--as', 'ana', '--key', 'robin.pem'], 13, 'other_person'],
    ['nobody whom people.yaml knows', ['--as', 'eve', '--key', 'ana.pem'], 2, 'person_unknown'],
    ['no key', ['--as', 'ana'], 2, 'key_missing'],
    ['a key, and no name', ['--key', 'ana.pem'], 2, 'flags_conflict'],
    ['two keys', [...ana, '--ssh-agent'], 2, 'flags_conflict'],
  ])('with %s it does not', async (_what, flags, exitCode, code) => {
    expect(await failure(scene.run('exec', 'gated.yaml', ...flags, '--json'))).toMatchObject({
      exitCode,
      code,
    });
  });

  test('an agent signs nothing', async () => {
    const agent = scene.with({ clock: systemClock, env: { RUNBOOK_AGENT: 'deploy-bot' } });
    expect(await failure(agent.run('exec', 'gated.yaml', ...ana, '--json'))).toMatchObject({
      exitCode: 13,
      code: 'agent_decides',
    });
  });

  test('somebody signs, waits for a colleague, signs again and goes on', async () => {
    const started = await scene.run('exec', 'gated.yaml', '--reason', 'disk full', ...ana);
    expect(started).toMatchObject({ exitCode: 10 });
    expect(started.stderr).toMatch(/^receipt: .*\.json$/m);
    expect(await failure(scene.run('approve', '--key', 'ana.pem', '--json'))).toMatchObject({
      exitCode: 13,
      code: 'key_not_asked',
    });
    expect(await scene.run('approve', '--key', 'robin.pem')).toMatchObject({ exitCode: 0 });
    const unsigned = await scene.run('resume', '--json');
    expect(JSON.parse(unsigned.stderr.trim())).toMatchObject({ code: 'initiator_unknown' });
    expect(await scene.run('resume', ...ana)).toMatchObject({ exitCode: 0 });
    const receipts = join(scene.dir, 'approver', 'receipts');
    const kept = /receipt: (.*\.json)/.exec(started.stderr)?.[1] ?? '';
    expect(kept).toContain(receipts);
    const audit = await scene.run('audit', 'verify', '--receipt', kept, '--json');
    expect(JSON.parse(audit.stdout)).toMatchObject({ findings: [], exit_code: 0 });
  });
});

test('through a server, who signed joins the chain beside the token', async () => {
  const here = aScene().with({ clock: systemClock });
  onTestFinished(() => here.close());
  writeKey(here, 'pat');
  const key = readFileSync(join(here.dir, 'pat.pub'), 'utf8').trim();
  const served = await openServed({
    morePeople: `  - { name: pat, ssh_keys: ["${key}"] }\n`,
    files: { 'gated.yaml': gated },
  });
  const token = await served.token(bot, ['start']);
  const env = { RUNBOOK_SERVER: served.url, RUNBOOK_TOKEN: token, RUNBOOK_ON_BEHALF_OF: 'kim' };
  const there = here.with({ clock: systemClock, env });
  const said = await there.run('exec', 'gated', '--as', 'pat', '--key', 'pat.pem', '--json');
  expect(said).toMatchObject({ exitCode: 10 });
  const { run } = JSON.parse(said.stdout) as { run: RunId };
  const resumed = await there.run('resume', run, '--as', 'pat', '--key', 'pat.pem', '--json');
  expect(resumed).toMatchObject({ exitCode: 10 });
  const entries = await served.scene.service().events(run, 0);
  const [started] = entries;
  expect(started?.event.data).toMatchObject({
    via: 'api',
    initiator: {
      chain: [
        { role: 'caller', person: null },
        { role: 'agent', identity: 'agent:deploy-bot' },
        { role: 'agent_owner', person: 'ana' },
        { role: 'on_behalf_of', identity: 'person:kim', person: 'kim' },
        { role: 'signer', person: 'pat' },
      ],
    },
  });
  expect(entries.map(({ event }) => event.type)).toContain('run.resumed');
  const report = await served.scene
    .service()
    .verify({ receipts: [], pins: [], progress: () => undefined });
  expect(report).toMatchObject({ findings: [], exit_code: 0 });
});
