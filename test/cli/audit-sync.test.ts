import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunReport } from '../../src/engine/reports.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { answering } from '../support/answering.ts';
import { aSigner } from '../support/signer.ts';
import { aScene, type Scene, writeKey } from './scene.ts';

const containing = (text: string): unknown => expect.stringContaining(text);

const hello = 'name: hello\nsteps:\n  - { id: greet, run: echo hello }\n';
const witness = aSigner('witness.example/office');
const key = formatVerifierKey(witness.name, witness.publicKey, 'cosignature');

/** Nobody listens on port 1. */
const gone = `  office: { kind: witness, url: "http://127.0.0.1:1/", key: "${key}" }\n`;

function aCompany(sinks: (dir: string) => string): Scene {
  const scene = aScene();
  onTestFinished(() => scene.close());
  scene.write('config/config.yaml', sinks(scene.dir) === '' ? '' : `sinks:\n${sinks(scene.dir)}`);
  scene.write('hello.yaml', hello);
  return scene;
}

const fileIn = (dir: string): string => `  disk: { kind: file, path: "${dir}/copy.jsonl" }\n`;

test('`audit sync` brings every sink up to date and says how far each is', async () => {
  const scene = aCompany(() => '');
  await scene.run('exec', 'hello.yaml');
  scene.write('config/config.yaml', `sinks:\n${fileIn(scene.dir)}`);
  const { exitCode, stdout } = await scene.run('audit', 'sync');
  expect([exitCode, stdout]).toEqual([
    0,
    expect.stringMatching(/^ok {2}disk {2}(\d+) of \1 {2}file /),
  ]);
  expect(readFileSync(join(scene.dir, 'copy.jsonl'), 'utf8')).toContain('run.finished');
}, 60_000);

test('a run leaves the copies up to date behind it, and its exit code does not depend on them', async () => {
  const scene = aCompany((dir) => `${fileIn(dir)}${gone}`);
  const { exitCode, stderr } = await scene.run('exec', 'hello.yaml');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('copy `office` is behind');
  expect(readFileSync(join(scene.dir, 'copy.jsonl'), 'utf8')).toContain('run.finished');
});

test('a sink that cannot be reached is behind: exit 18, with what is wrong', async () => {
  const scene = aCompany((dir) => `${fileIn(dir)}${gone}`);
  const { exitCode, stdout } = await scene.run('audit', 'sync', '--timeout', '1s', '--json');
  expect(exitCode).toBe(18);
  const of: unknown = expect.any(Number);
  expect(JSON.parse(stdout)).toMatchObject({
    exit_code: 18,
    sinks: [
      { sink: 'disk', kind: 'file', counts: false, trouble: null },
      {
        sink: 'office',
        kind: 'witness',
        counts: true,
        acknowledged: 0,
        of,
        at: null,
        trouble: { code: 'sink_unreachable', hint: null },
      },
    ],
  });
});

test('what helps a sink that is behind is said beside it, in words and in JSON', async () => {
  const url = await answering((_request, answer) => answer.writeHead(403).end());
  const scene = aCompany(() => `  office: { kind: witness, url: "${url}", key: "${key}" }\n`).with({
    columns: 400,
  });
  const hint = 'hint: it knows this journal by another key: start it with `--log`';
  const { exitCode, stdout } = await scene.run('audit', 'sync', '--timeout', '1s');
  expect(exitCode).toBe(18);
  expect(stdout).toMatch(/^behind +office +0 of \d+ +witness /);
  expect(stdout).toContain(hint);
  expect(stdout.match(/office/g)).toHaveLength(1);
  const { stdout: json } = await scene.run('audit', 'sync', '--timeout', '1s', '--json');
  expect(JSON.parse(json)).toMatchObject({
    sinks: [{ trouble: { code: 'sink_refused', hint: containing(hint.slice('hint: '.length)) } }],
  });
});

test('a copy with another history is an alarm wherever it is spoken of, and what to do', async () => {
  const url = await answering((_request, answer) => answer.writeHead(409).end('999\n'));
  const scene = aCompany(() => `  office: { kind: witness, url: "${url}", key: "${key}" }\n`).with({
    columns: 400,
  });
  const { exitCode, stderr } = await scene.run('exec', 'hello.yaml');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('warning: E_ROLLBACK: sink `office`: it has 999 entries, and this');
  expect(stderr).toContain('; privileged steps are blocked: run `runbook audit verify`');
  expect(stderr).not.toContain('behind');
  const synced = await scene.run('audit', 'sync', '--timeout', '1s');
  expect(synced.exitCode).toBe(14);
  expect(synced.stdout).toMatch(/^conflict +office /);
  expect(synced.stdout).toMatch(/^ +E_ROLLBACK: it has 999 entries/m);
  expect(synced.stdout).toMatch(/^ +hint: privileged steps are blocked/m);
  const doctor = await scene.run('doctor');
  expect(doctor.stdout).toMatch(/^not ok +sink office +E_ROLLBACK: /m);
});

test('one sink by its name, and no other', async () => {
  const scene = aCompany((dir) => `${fileIn(dir)}${gone}`);
  const { exitCode } = await scene.run('audit', 'sync', 'disk');
  expect(exitCode).toBe(0);
  expect(await scene.run('audit', 'sync', 'ofice')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('did you mean `office`?') as unknown,
  });
});

test('without sinks there is nothing to do', async () => {
  const scene = aScene();
  onTestFinished(() => scene.close());
  expect(await scene.run('audit', 'sync')).toMatchObject({
    exitCode: 0,
    stdout: 'no sinks: `config.yaml` names none\n',
  });
  expect(existsSync(join(scene.dir, 'copy.jsonl'))).toBe(false);
});

test('doctor says how far each sink is, and where policy demands more than there are', async () => {
  const scene = aCompany(fileIn);
  scene.write('config/policy.yaml', 'floor: { remote: { required: 1 } }\n');
  await scene.run('exec', 'hello.yaml');
  const { stdout } = await scene.with({ columns: 300 }).run('doctor');
  expect(stdout).toMatch(/^ok +recovery key +none yet\n +hint: /m);
  expect(stdout).toMatch(/^ok +sink disk +file .* acknowledged (\d+) of \1, last just now$/m);
  expect(stdout).toMatch(/^not ok +copies +policy demands 1 copy elsewhere, and 0 of the sinks/m);
  const checked = await scene.run('policy', 'check', '--json');
  expect(JSON.parse(checked.stdout)).toMatchObject({ findings: [{ kind: 'remote_unmet' }] });
});

test('doctor says at once that steps are blocked where a demanded copy did not answer last', async () => {
  const scene = aCompany(() => gone);
  scene.write('config/policy.yaml', 'floor: { remote: { required: 1 } }\n');
  const { stdout: before } = await scene.with({ columns: 300 }).run('doctor');
  expect(before).not.toContain('copies');
  await scene.run('exec', 'hello.yaml');
  const { exitCode, stdout } = await scene.with({ columns: 300 }).run('doctor');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^not ok +copies +privileged steps are blocked: policy demands 1 copy elsewhere, and of/m,
  );
});

test('a run whose step waits for copies says so, with the exit code that it ends with', async () => {
  const scene = aCompany(() => gone);
  scene.write('config/policy.yaml', 'floor: { remote: { required: 1, within: 1s } }\n');
  scene.write('gated.yaml', 'name: gated\nsteps:\n  - { id: go, privileged: true, run: "true" }\n');
  const account = `${userInfo().username}@${hostname()}`;
  await scene.run('people', 'add', 'ana', '--os-user', account);
  writeKey(scene, 'robin');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
  const started = await scene.run('exec', 'gated.yaml', '--json');
  const { run, requests } = JSON.parse(started.stdout) as RunReport;
  await scene.run('approve', requests[0]?.words ?? '', '--key', 'robin.pem');
  const resumed = await scene.run('resume', run, '--json');
  expect(resumed.exitCode).toBe(18);
  const reason = containing('waits for 1 copy of the journal elsewhere: sink `office`: `http://');
  const waits = { status: 'waiting', exit_code: 18, reason };
  expect(JSON.parse(resumed.stdout)).toMatchObject(waits);
  expect(JSON.parse((await scene.run('status', run, '--json')).stdout)).toMatchObject(waits);
}, 30_000);

test('a plan says in a line that copies must have a step first', async () => {
  const scene = aCompany(fileIn);
  scene.write('config/policy.yaml', 'floor: { remote: { required: 2, within: 5s } }\n');
  scene.write('gated.yaml', 'name: gated\nsteps:\n  - { id: go, privileged: true, run: "true" }\n');
  const { stdout } = await scene.with({ columns: 200 }).run('plan', 'gated.yaml');
  expect(stdout).toContain('copies  runs only once 2 elsewhere acknowledged its start, within 5s');
});
