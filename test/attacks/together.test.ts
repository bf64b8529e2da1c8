import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { provenRequest } from '../../src/cli/proven-card.ts';
import type { StepStarted } from '../../src/run/events.ts';
import { commandDigest, decodeCommand, encodeCommand } from '../../src/runbook/digest.ts';
import { fillHoles } from '../../src/runbook/holes/holes.ts';
import {
  type Court,
  decided,
  expectFinding,
  finished,
  openCourt,
  say,
  started,
} from '../audit/court.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { forgeDecision } from './forge.ts';

/** `leader.txt` is what an attacker of the first step controls; `limits` is what reviewers were promised. */
function moving(limits: string, use: string): string {
  return `
name: move
approvals: together
steps:
  - id: find
    run: cat leader.txt
    outputs:
      leader: { value: stdout, ${limits} }
  - id: first
    privileged: true
    run: echo first
  - id: restart
    privileged: true
${use}`;
}

const echo = `    exec: [echo, "\${{ steps.find.outputs.leader }}"]\n`;

async function approvedRun(runbook: string, leader: string): Promise<Scene> {
  const scene = openScene({ runbook, files: { 'leader.txt': leader } });
  const { run } = await scene.exec();
  expect((await scene.open()).content.commands).toHaveLength(2);
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  return scene;
}

function starts(scene: Scene): readonly StepStarted[] {
  return scene.entries.flatMap(({ event }) => (event.type === 'step.started' ? event.data : []));
}

describe('a value that came later', () => {
  test.each([
    ['an option', 'type: string, pattern: "[a-z/=-]*"', echo, '--output=/etc/passwd'],
    [
      'a path upwards',
      'type: string, pattern: "[a-z/.]*"',
      `    http: "POST http://127.0.0.1:1/nodes/\${{ steps.find.outputs.leader }}/restart"\n`,
      '../../admin',
    ],
    [
      'a second header',
      'type: string, enum: ["a\\r\\nauthorization: b"]',
      `    http: { method: GET, url: "http://127.0.0.1:1/", headers: { x: "\${{ steps.find.outputs.leader }}" } }\n`,
      'a\r\nauthorization: b',
    ],
  ])('cannot smuggle in %s, though its limits let it', async (_, limits, use, leader) => {
    const scene = await approvedRun(moving(limits, use), leader);
    const report = await scene.service().status(null);
    expect(report).toMatchObject({ status: 'failed' });
    expect(starts(scene).map(({ step }) => step)).toEqual(['find', 'first']);
  });

  test('stays one argument, whatever stands in it', async () => {
    const leader = `a' "b" $(touch stolen); touch stolen`;
    const scene = await approvedRun(moving('type: string, pattern: "[ -~]*"', echo), leader);
    expect(scene.output.text).toContain(`first\n${leader}\n`);
    expect(existsSync(join(scene.dir, 'stolen'))).toBe(false);
  });

  test.each([
    ['more than its enum', 'type: string, enum: [a, b]', 'c'],
    ['a line more than its pattern', 'type: string, pattern: "[a-c]"', 'a\nb'],
    ['text for a number', 'type: integer, min: 1, max: 5', 'many'],
    ['a number beyond its bounds', 'type: integer, min: 1, max: 5', '6'],
  ])('ends the step that gave it where it is %s', async (_, limits, leader) => {
    const scene = await approvedRun(moving(limits, echo), leader);
    expect((await scene.service().status(null)).steps).toMatchObject([
      { id: 'find', status: 'failed' },
      { id: 'first', status: 'skipped' },
      { id: 'restart', status: 'skipped' },
    ]);
  });

  test('cannot be a mark itself', async () => {
    const mark = '\uE000steps.find.outputs.leader\uE001';
    const scene = openScene({
      runbook: moving(String.raw`type: string, pattern: '[a-z.\x{E000}\x{E001}]*'`, echo),
      files: { 'leader.txt': mark },
    });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    // It is no value of the hole: that step alone is asked anew, and its card shows what it is.
    const { content } = await scene.open();
    expect(content.commands.map(({ step }) => step)).toEqual(['restart']);
    expect(content.commands[0]).not.toHaveProperty('holes');
  });
});

test('a parameter that looks like a mark keeps its step out of the one decision', async () => {
  const runbook = `
name: marked
approvals: together
params:
  word: { type: string }
steps:
  - { id: find, run: echo a, outputs: { leader: { value: stdout, type: string, enum: [a] } } }
  - { id: first, privileged: true, run: echo first }
  - { id: second, privileged: true, run: echo second }
  - id: restart
    privileged: true
    exec: [echo, "\${{ params.word }}", "\${{ steps.find.outputs.leader }}"]
`;
  const asked = async (word: string): Promise<readonly string[]> => {
    const scene = openScene({ runbook });
    await scene.exec({ word });
    return (await scene.open()).content.commands.map(({ step }) => step);
  };
  expect(await asked('plain')).toEqual(['first', 'second', 'restart']);
  expect(await asked('\uE000steps.find.outputs.leader\uE001')).toEqual(['first', 'second']);
});

test('a rule that came meanwhile asks for its people, for its step alone', async () => {
  const scene = openScene({
    runbook: moving('type: string, enum: [a]', echo),
    files: { 'leader.txt': 'a' },
  });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  scene.trusted.policy = `
rules:
  - name: data
    when: step.id == "restart"
    require: { approvals: [{ id: owner, from: [group:data] }] }
`;
  await scene.resume(run);
  expect(starts(scene).map(({ step }) => step)).toEqual(['find', 'first']);
  const { content } = await scene.open();
  expect(content.supersedes?.changes).toEqual(['policy or people: slot `data/owner` now lacks 1']);
  await scene.decide(scene.people.kim, 'approve');
  expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
});

test('a reviewer is not shown a template that is not the one they sign for', async () => {
  const scene = openScene({
    runbook: moving('type: string, enum: [a]', echo),
    files: { 'leader.txt': 'a' },
  });
  await scene.exec();
  const file = await scene.service().review(null, null);
  const { content, leafHash } = scene.people.robin.approver.open(file);
  if (content === null) {
    throw new Error('it is a request');
  }
  const [one, two] = content.commands;
  const swapped = {
    ...file,
    blobs: {
      ...file.blobs,
      [two?.command ?? '']: file.blobs[one?.command ?? ''] ?? { salt: '', bytes: '' },
    },
  };
  expect(() => provenRequest({ file: swapped, content, leafHash })).toThrow(
    'the request shows one command and asks for another',
  );
  const { [two?.command ?? '']: _, ...lacking } = file.blobs;
  expect(() => provenRequest({ file: { ...file, blobs: lacking }, content, leafHash })).toThrow(
    'does not carry the command',
  );
});

describe('a journal under a stolen key', () => {
  const runbook = moving('type: string, enum: [a, b]', echo).replace(
    '  - id: first',
    '  - { id: gate, manual: stop here }\n  - id: first',
  );

  async function approvedCourt(): Promise<Court> {
    const court = await openCourt({ runbook, files: { 'leader.txt': 'a' } });
    const { scene } = court;
    const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    await say(court, decided(court, signed));
    await scene.resume(court.run);
    const said = { outcome: 'succeeded', note: null, given: {} } as const;
    await scene.service().done({ run: court.run, step: 'gate', ...said });
    return court;
  }

  /** What came before `restart` ran as approved. */
  async function afterFirst(): Promise<Court> {
    const court = await approvedCourt();
    await say(court, await started(court), finished({ step: 'first' }));
    return court;
  }

  /** A start of `restart` under the decision for both, with whatever values, as if all were in order. */
  async function startWith(court: Court, holes: Record<string, string>): Promise<StepStarted> {
    const asked = court.content.commands[1];
    const { store } = court.scene.engine();
    if (asked === undefined) {
      throw new Error('two steps are asked');
    }
    const template = decodeCommand((await store.getBlob(asked.command)).bytes);
    const command = fillHoles(template, holes);
    const event = await started(court, {
      step: 'restart',
      digest: commandDigest(command),
      command: await store.putBlob(encodeCommand(command)),
    });
    if (event.type !== 'step.started' || event.data.permit.kind !== 'grant') {
      throw new Error('it starts under a grant');
    }
    return { ...event.data, permit: { ...event.data.permit, holes } };
  }

  test('is caught with a value that the step before did not give', async () => {
    const court = await afterFirst();
    const data = await startWith(court, { 'steps.find.outputs.leader': 'b' });
    await say(court, { type: 'step.started', data });
    await expectFinding(court.scene, 'E_COMMAND_CHANGED', 'authorization');
  });

  test('may fill the hole as approved', async () => {
    const court = await afterFirst();
    const data = await startWith(court, { 'steps.find.outputs.leader': 'a' });
    await say(court, { type: 'step.started', data });
    const report = await court.scene
      .service()
      .verify({ receipts: [], pins: [], progress: () => undefined });
    expect(report.findings).toEqual([]);
  });

  test('is caught with a value outside of its hole', async () => {
    const court = await afterFirst();
    const data = await startWith(court, { 'steps.find.outputs.leader': 'c' });
    await say(court, { type: 'step.started', data });
    await expectFinding(court.scene, 'E_COMMAND_CHANGED', 'authorization');
  });

  test('is caught with a command that its values do not make', async () => {
    const court = await afterFirst();
    const data = await startWith(court, { 'steps.find.outputs.leader': 'a' });
    const other = await startWith(court, { 'steps.find.outputs.leader': 'b' });
    await say(court, {
      type: 'step.started',
      data: { ...data, digest: other.digest, command: other.command },
    });
    await expectFinding(court.scene, 'E_COMMAND_CHANGED', 'authorization');
  });

  test('is caught with the command of another step', async () => {
    const court = await afterFirst();
    await say(court, await started(court, { step: 'restart' }));
    await expectFinding(court.scene, 'E_COMMAND_CHANGED', 'authorization');
  });

  test('is caught with a use that belongs to another step', async () => {
    const court = await afterFirst();
    const data = await startWith(court, { 'steps.find.outputs.leader': 'a' });
    if (data.permit.kind !== 'grant') {
      throw new Error('it starts under a grant');
    }
    await say(court, {
      type: 'step.started',
      data: { ...data, permit: { ...data.permit, use: 2 } },
    });
    await expectFinding(court.scene, 'E_GRANT_STRETCHED', 'authorization');
  });

  test('is caught with a step that was asked anew since', async () => {
    const court = await approvedCourt();
    const { content } = court;
    const [first] = content.commands;
    if (first === undefined) {
      throw new Error('two steps are asked');
    }
    const anew = {
      ...content,
      id: 'q9q9q9q9q9q9q9q9' as typeof content.id,
      commands: [first],
      supersedes: { request: content.id, changes: ['the command'] },
    };
    await say(court, { type: 'approval.requested', data: anew });
    await say(court, await started(court));
    await expectFinding(court.scene, 'E_APPROVAL_REPLAY', 'authorization');
  });
});

test('a file that changes between two steps is found out before the second', async () => {
  const scene = openScene({
    runbook: `
name: files
approvals: together
steps:
  - { id: one, privileged: true, run: "echo evil > data.txt" }
  - { id: two, privileged: true, files: [data.txt], run: cat data.txt }
`,
    files: { 'data.txt': 'good\n' },
  });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
  expect(scene.output.text).not.toContain('evil');
  writeFileSync(join(scene.dir, 'data.txt'), 'good\n');
  // Back as it was approved: but the request that was asked since is the one that counts.
  expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
  expect(readFileSync(join(scene.dir, 'data.txt'), 'utf8')).toBe('good\n');
});
