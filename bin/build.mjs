// One code-split CommonJS bundle in dist/: few files to open is what makes the CLI start fast.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = await rolldown({
  cwd: root,
  // The second is started as a thread of its own, and found under this name beside whatever starts it.
  input: { main: 'src/cli/main.ts', 'leaf-reader': 'src/store/sqlite/leaf-reader.ts' },
  platform: 'node',
  external: ['better-sqlite3', 'typescript'],
  logLevel: 'warn',
});
const name = '[name]-[hash].js';
const { output } = await bundle.generate({
  format: 'cjs',
  entryFileNames: name,
  chunkFileNames: name,
});
// Beside the old one and then in its place: a build that fails leaves what worked, and commands that
// run meanwhile find one or the other.
const next = mkdtempSync(`${root}dist-`);
for (const { fileName, code } of output) {
  writeFileSync(join(next, fileName), escapeToAscii(code));
}
// What pages name is served as it is written.
for (const asset of readdirSync(`${root}src/pages/assets`)) {
  copyFileSync(`${root}src/pages/assets/${asset}`, join(next, asset));
}
writeFileSync(join(next, 'package.json'), '{"type":"commonjs"}\n');
for (const { name: entry, fileName } of output.filter((chunk) => chunk.isEntry)) {
  writeFileSync(join(next, `${entry}.js`), `require('./${fileName}');\n`);
}
chmodSync(next, 0o755);
const old = `${next}-old`;
if (existsSync(`${root}dist`)) {
  renameSync(`${root}dist`, old);
}
renameSync(next, `${root}dist`);
rmSync(old, { recursive: true, force: true });
warmUp(`name: warm-up
params: { who: { type: string, default: world } }
env: { WHO: "\${{ params.who }}" }
steps:
  - { id: say, run: 'echo "$WHO"', outputs: { said: stdout } }
  - { id: check, exec: ['true', '\${{ steps.say.outputs.said }}'], if: steps.say.exit_code == 0 }
`);

/** A single `…` makes V8 keep, hash and scan two bytes for every character of a file. */
function escapeToAscii(code) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return code.replace(/[^\0-\x7f]/g, escape);
}

/** Runs the usual commands once, in a folder of their own, so that what V8 makes of them is kept. */
function warmUp(runbook) {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-build-'));
  const home = (part) => join(dir, part);
  mkdirSync(home('runbooks'));
  writeFileSync(home('runbooks/warm-up.yaml'), runbook);
  const env = {
    ...process.env,
    RUNBOOK_CONFIG_DIR: home('config'),
    RUNBOOK_STATE_DIR: home('state'),
    RUNBOOK_APPROVER_DIR: home('approver'),
  };
  for (const line of ['list', 'exec warm-up', 'plan warm-up', 'status', 'audit verify', '--help']) {
    const keep = ['--require', `${root}bin/keep-code.cjs`, `${root}bin/runbook.cjs`];
    // Whatever goes wrong here costs time later, and nothing else.
    spawnSync(process.execPath, [...keep, ...line.split(' ')], { cwd: dir, env, stdio: 'ignore' });
  }
  rmSync(dir, { recursive: true, force: true });
}
