import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { openOffice } from '../support/cli.ts';
import { errorJson, runJson } from '../support/cli-schema.ts';

const files = {
  'fix.yaml': `name: fix
steps:
  - id: look
    run: echo looked >> looked
  - id: fix
    privileged: true
    run: |
      echo fixed >> fixed
      sleep 0.2
  - id: prove
    run: echo proven >> proven
`,
};

const runsJson = v.object({ runs: v.array(v.object({ run: v.string(), status: v.string() })) });
const eight = Array.from({ length: 8 }, (_, at) => at);

test('8 processes on one journal lose nothing: different runs, then one that all decide and resume', async () => {
  const office = await openOffice({ files });
  const lines = (name: string): number =>
    readFileSync(join(office.dir, name), 'utf8').trimEnd().split('\n').length;

  const waiting = await Promise.all(eight.map(() => office.drive('exec', './fix.yaml')));
  expect(waiting.map(({ status }) => status)).toEqual(eight.map(() => 'waiting'));
  expect(new Set(waiting.map(({ run }) => run)).size).toBe(8);
  expect(lines('looked')).toBe(8);

  const requests = waiting.flatMap((run) => run.requests.map(({ request }) => request));
  const approve = (request: string) => office.run('approve', request, '--key', office.robin);
  const decided = await Promise.all(requests.map(approve));
  expect(decided.map(({ exitCode }) => exitCode)).toEqual(eight.map(() => 0));

  const [first, ...others] = waiting;
  // All eight say yes to one request once more, and all eight take that run up.
  const again = await Promise.all(eight.map(() => approve(first?.requests[0]?.request ?? '')));
  expect(again.map(({ exitCode }) => exitCode)).toEqual(eight.map(() => 0));
  const resumed = await Promise.all(
    eight.map(() => office.run('resume', first?.run ?? '', '--json')),
  );
  const drove = resumed.filter(({ exitCode }) => exitCode === 0);
  expect(drove).toHaveLength(1);
  expect(v.parse(runJson, JSON.parse(drove[0]?.stdout ?? '')).status).toBe('succeeded');
  for (const { exitCode, stderr } of resumed.filter((one) => one.exitCode !== 0)) {
    // Somebody else drives it, or has brought it to its end.
    const { code } = v.parse(errorJson, JSON.parse(stderr));
    expect([exitCode, code]).toEqual(code === 'run_held' ? [16, code] : [2, 'run_ended']);
  }
  expect([lines('fixed'), lines('proven')]).toEqual([1, 1]);

  const rest = await Promise.all(others.map(({ run }) => office.drive('resume', run)));
  expect(rest.map(({ status }) => status)).toEqual(others.map(() => 'succeeded'));
  expect([lines('fixed'), lines('proven')]).toEqual([8, 8]);
  const { runs } = (await office.json(runsJson, 'runs')).body;
  expect(runs.map(({ status }) => status)).toEqual(eight.map(() => 'succeeded'));
  expect(await office.run('audit', 'verify')).toMatchObject({ exitCode: 0 });
});
