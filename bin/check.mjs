// Every gate but the tests, one after the other, all of them even when one fails.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const gates = [
  ['format', 'biome', 'ci', '--colors=off', '.'],
  ['types', 'tsc', '--noEmit'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings', '.'],
  ['unused', 'knip'],
  ['build', 'node', 'bin/build.mjs'],
  ['package', 'publint', '--strict'],
];

const failed = [];
for (const [name, program, ...args] of gates) {
  const started = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      NO_COLOR: '1',
      FORCE_COLOR: '0',
      PATH: `${root}node_modules/.bin:${process.env.PATH}`,
    },
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(
    `${status === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(8)} ${seconds.toFixed(1)} s\n`,
  );
  if (status !== 0) {
    failed.push(name);
    process.stdout.write(`${stdout ?? ''}${stderr ?? ''}\n`);
  }
}
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
