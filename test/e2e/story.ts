import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Cli } from '../support/cli.ts';
import { decisionJson, type RunJson, verifyJson } from '../support/cli-schema.ts';

interface Gate {
  readonly key: string;
  /** The step that waits. */
  readonly privileged: string;
}

interface Story {
  readonly waiting: RunJson;
  readonly ended: RunJson;
  /** Everything any of the processes printed. */
  readonly said: string;
}

/**
 * The straight line of a run with one gate, each command a process of its own: exec stops, somebody else
 * signs, resume goes on, and the journal verifies against what the approver kept.
 */
export async function throughTheGate(
  cli: Cli,
  { key, privileged }: Gate,
  argv: readonly string[],
  whileItWaits: () => void | Promise<void>,
): Promise<Story> {
  const waiting = await cli.drive('exec', ...argv, '--no-wait');
  const [request] = waiting.requests;
  expect(waiting).toMatchObject({
    runbook: argv[0],
    status: 'waiting',
    terminal: false,
    exit_code: 10,
    stamp: 'advisory',
    requests: [{ step: privileged, missing: [{ slot: 'floor', count: 1, from: ['*'] }] }],
    next: { command: `runbook resume ${waiting.run}` },
  });
  await whileItWaits();

  const approved = await cli.json(decisionJson, 'approve', String(request?.words), '--key', key);
  expect([approved.exitCode, approved.stderr]).toEqual([0, '']);
  expect(approved.body).toMatchObject({
    request: request?.request,
    decision: 'approve',
    person: 'robin',
    assurance: 'A3',
    missing: [],
  });
  await whileItWaits();

  const ended = await cli.drive('resume', waiting.run);
  expect(ended).toMatchObject({
    run: waiting.run,
    status: 'succeeded',
    terminal: true,
    exit_code: 0,
    requests: [],
    reason: null,
    next: null,
  });

  const receipt = String(approved.body.receipt);
  const verified = await cli.json(verifyJson, 'audit', 'verify', '--receipt', receipt);
  expect([verified.exitCode, verified.stderr]).toEqual([0, '']);
  expect(verified.body.findings).toEqual([]);
  expect(verified.body.verdicts.map(({ name, ok }) => [name, ok])).toEqual([
    ['integrity', true],
    ['completeness', true],
    ['authorization', true],
    ['time', true],
    ['replicas', null],
  ]);
  const said = [waiting, approved, ended, verified].map((it) => JSON.stringify(it)).join('\n');
  return { waiting, ended, said };
}

/** What lies in a folder, and under it, byte by byte as Latin-1 text. */
export function everyFileIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
}
