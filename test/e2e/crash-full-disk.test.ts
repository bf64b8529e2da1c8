import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Office, openOffice } from '../support/cli.ts';
import { errorJson, type RunJson, runJson } from '../support/cli-schema.ts';

const files = {
  'fix.yaml': `name: fix
inherit: [DISK]
steps:
  - id: look
    run: |
      if [ -e fill-early ]; then cat /dev/zero > "$DISK/filler" || true; fi
      echo looked
    outputs: { said: stdout }
  - id: fix
    privileged: true
    run: |
      echo fixed >> fixed
      if [ -e fill-late ]; then cat /dev/zero > "$DISK/filler" || true; fi
      seq 100000
    outputs: { done: "true" }
  - id: prove
    run: echo proven >> proven
`,
};

interface Machine extends Office {
  readonly disk: string;
  fill(): void;
  free(): void;
}

/** The journal alone stands on a disk of 6 MB. */
async function openMachine(): Promise<Machine> {
  const office = await openOffice({ files });
  const disk = join(office.dir, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=0700', 'tmpfs', disk]);
  onTestFinished(() => {
    execFileSync('umount', [disk]);
  });
  const filler = join(disk, 'filler');
  return {
    ...office.with({ env: { RUNBOOK_STATE_DIR: join(disk, 'state'), DISK: disk } }),
    robin: office.robin,
    disk,
    fill: () => {
      const { bfree, bsize } = statfsSync(disk);
      writeFileSync(filler, Buffer.alloc(bfree * bsize));
    },
    free: () => rmSync(filler),
  };
}

async function refused(machine: Machine, ...argv: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await machine.run(...argv, '--json');
  expect([exitCode, v.parse(errorJson, JSON.parse(stderr)).code]).toEqual([18, 'journal_full']);
}

async function status(machine: Machine): Promise<RunJson> {
  return (await machine.json(runJson, 'status')).body;
}

const statuses = ({ steps }: RunJson): readonly string[] => steps.map((step) => step.status);
const has = (machine: Machine, name: string): boolean => existsSync(join(machine.dir, name));

async function finish(machine: Machine): Promise<void> {
  expect(await machine.drive('resume')).toMatchObject({ status: 'succeeded' });
  expect(has(machine, 'proven')).toBe(true);
  expect(await machine.run('audit', 'verify')).toMatchObject({ exitCode: 0 });
}

describe.runIf(process.geteuid?.() === 0)('a small disk (needs root, to mount one)', () => {
  test('that is full takes no run', async () => {
    const machine = await openMachine();
    await machine.run('runs');
    machine.fill();
    await refused(machine, 'exec', './fix.yaml');
    machine.free();
    expect(await machine.drive('exec', './fix.yaml')).toMatchObject({ status: 'waiting' });
  });

  test('full before the request: the step before it is recorded, nobody is asked', async () => {
    const machine = await openMachine();
    writeFileSync(join(machine.dir, 'fill-early'), '');
    await refused(machine, 'exec', './fix.yaml');
    machine.free();
    const report = await status(machine);
    expect(report.requests).toEqual([]);
    expect(report.steps[0]).toMatchObject({ status: 'succeeded', exit_code: 0 });
    expect(report.steps[0]?.reason).toContain('what it said was not kept');
    expect(await machine.drive('resume')).toMatchObject({ status: 'waiting' });
    await machine.run('approve', '--key', machine.robin);
    await finish(machine);
  });

  test('that is full before the start: what was approved does not run', async () => {
    const machine = await openMachine();
    await machine.drive('exec', './fix.yaml');
    await machine.run('approve', '--key', machine.robin);
    machine.fill();
    await refused(machine, 'resume');
    expect(has(machine, 'fixed')).toBe(false);
    machine.free();
    expect(statuses(await status(machine))).toEqual(['succeeded', 'waiting', 'pending']);
    await finish(machine);
  });

  test('that is full before the finish: how it ended is recorded, from the reserve', async () => {
    const machine = await openMachine();
    await machine.drive('exec', './fix.yaml');
    await machine.run('approve', '--key', machine.robin);
    writeFileSync(join(machine.dir, 'fill-late'), '');
    await refused(machine, 'resume');
    expect(has(machine, 'fixed')).toBe(true);
    machine.free();
    const report = await status(machine);
    expect(statuses(report)).toEqual(['succeeded', 'succeeded', 'pending']);
    expect(report.steps[1]?.reason).toContain('what it said was not kept');
    await finish(machine);
  });
});
