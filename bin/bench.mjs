// `npm run bench`: what the program costs beside the least that could do the same. Both sides run in turn
// (A B A B …), as whole processes; a ratio is the median over the pairs, so that a busy machine slows both.
// Nothing is asserted: the table says what was aimed at and what was reached. `--quick` takes small numbers;
// `--entries N` is the size of the journal that is verified: a million take some minutes to make.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const quick = process.argv.includes('--quick');
const journalSize = Number(argumentOf('--entries') ?? (quick ? 10_000 : 1_000_000));
const root = fileURLToPath(new URL('..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'runbook-bench-'));
// Node 20 parses that file whenever it starts, which would make every ratio look better than it is.
const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
const env = {
  ...inherited,
  RUNBOOK_CONFIG_DIR: join(dir, 'config'),
  RUNBOOK_STATE_DIR: join(dir, 'state'),
  RUNBOOK_APPROVER_DIR: join(dir, 'approver'),
};
const megabytes = quick ? 10 : 100;
const line = 'a line of output that is about as long as lines of output are, give or take ..';

try {
  await prepare();
  await bench();
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function bench() {
  const node = ['node', '-e', ''];
  const steps = quick ? [100] : [100, 1000];
  const appends = quick ? 200 : 1000;
  const printed = `yes '${line}' | head -c ${megabytes}000000`;
  say(
    `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, NODE_EXTRA_CA_CERTS unset\n`,
  );
  say(row(['', 'cpu', 'wall', 'aim', 'cpu', '', 'wall', '']));

  heading('start-up, beside `node -e ""`');
  const often = quick ? 5 : 15;
  compare('--version', { aim: '1.3x', pairs: often, ours: runbook('--version'), theirs: node });
  compare('list, one runbook', { aim: '2x', pairs: often, ours: runbook('list'), theirs: node });
  compare('exec, one step', {
    aim: '3x',
    pairs: often,
    ours: runbook('exec', 'steps-1'),
    theirs: node,
  });

  heading('trivial steps, beside a bash loop of `sh -c :`');
  for (const count of steps) {
    const theirs = ['bash', '-c', `for ((i = 0; i < ${count}; i++)); do sh -c :; done`];
    const pairs = count > 100 ? 1 : 3;
    compare(`${count} steps`, { pairs, ours: runbook('exec', `long/steps-${count}.yaml`), theirs });
  }

  heading('signed appends, beside inserts into a table; both durable one by one');
  const appended = [join(dir, 'appends'), String(appends)];
  const ours = program('commit', ...appended);
  compare(`${appends} entries`, { pairs: 3, ours, theirs: program('insert', ...appended) });

  heading('audit verify, beside SHA-256 of the same entries and of the tree over them');
  must(runbook('exec', 'long/steps-100.yaml'));
  say(`  making a journal of ${journalSize} entries …`);
  must(program('copy-run', env.RUNBOOK_STATE_DIR, String(journalSize)));
  await verifying();

  heading('output of a step, beside the same through `cat` into a file');
  compare(`${megabytes} MB`, {
    pairs: 3,
    ours: runbook('exec', 'long/output.yaml'),
    theirs: ['sh', '-c', `${printed} | cat > '${dir}/output'`],
  });

  heading("policy's word on a step: 20 rules, calendars, lists, 40 people");
  decisions(10_000);

  heading('a click to the start of its step, by runs that wait in one server');
  for (const waiting of quick ? [100] : [1000, 10_000]) {
    clicks(waiting, quick ? 20 : 100);
  }

  heading('the page of a request, to a session on this machine; assets once, compressed');
  page(200_000, quick ? 20 : 100);
}

/** By the clock on the wall, in turn; the memory is the most that the verifier's process ever held. */
async function verifying() {
  for (const workers of ['1', '2', '4']) {
    const floor = JSON.parse(output(program('hash', env.RUNBOOK_STATE_DIR)));
    const ours = await watched(runbook('audit', 'verify', '--workers', workers));
    const [alone, reading] = [ours.wallMs / floor.hashing_ms, ours.wallMs / floor.whole_ms];
    say(
      `  ${`${workers} threads`.padEnd(20)} ${seconds(ours.wallMs / 1000)}: ${times(alone)} of hashing alone` +
        ` (${seconds(floor.hashing_ms / 1000)}), aim 2.5x; ${times(reading)} of reading and hashing;` +
        ` memory ${ours.peakMb} MB, aim 150 MB`,
    );
  }
}

/** Runs a process and looks at its memory while it runs, as Linux tells it. */
async function watched([command, ...args]) {
  const began = performance.now();
  const child = spawn(command, args, { env, cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
  let peakMb = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakMb = Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024) || peakMb;
    } catch {
      // It has just ended.
    }
  }, 20);
  const [code] = await once(child, 'exit');
  clearInterval(look);
  if (code !== 0) {
    throw new Error(`exit ${code}: ${args.join(' ')}`);
  }
  return { wallMs: performance.now() - began, peakMb };
}

function output([command, ...args]) {
  const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`exit ${status}: ${stderr}`);
  }
  return stdout;
}

function argumentOf(flag) {
  const at = process.argv.indexOf(flag);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** So many decisions in one process, after as many to warm up. */
function decisions(count) {
  const argv = program('decide', String(count)).slice(1);
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { env, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`exit ${status}: ${stderr}`);
  }
  say(`  ${`${count} decisions, warm`.padEnd(20)} ${JSON.parse(stdout).took_ms} ms, aim 500 ms`);
}

/** From a click to the durable start of its step, and the server's memory while so many runs wait. */
function clicks(runs, often) {
  const state = join(dir, `clicks-${runs}`);
  mkdirSync(state);
  const argv = program('clicks', state, String(runs), String(often)).slice(1);
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { env, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`exit ${status}: ${stderr}`);
  }
  const { took, rss_mb } = JSON.parse(stdout);
  const sorted = took.toSorted((a, b) => a - b);
  const at = (part) => `${Math.round(sorted[Math.floor((sorted.length - 1) * part)])} ms`;
  say(`  ${String(runs).padEnd(20)} p50 ${at(0.5)}, p99 ${at(0.99)}, memory ${rss_mb} MB`);
}

/** From the call to the first byte and the last, warm, and what comes over the wire. */
function page(bytes, often) {
  const state = join(dir, 'page');
  mkdirSync(state);
  const told = JSON.parse(output(program('page', state, String(bytes), String(often))));
  const at = (values, part) =>
    `${values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)].toFixed(1)} ms`;
  const kilobytes = (count) => `${(count / 1000).toFixed(1)} kB`;
  say(
    `  ${`${bytes / 1000} kB command`.padEnd(20)} first byte p50 ${at(told.first_ms, 0.5)}, p99 ${at(told.first_ms, 0.99)};` +
      ` last p50 ${at(told.last_ms, 0.5)}; page ${kilobytes(told.page_bytes)}, assets ${kilobytes(told.asset_bytes)},` +
      ` total ${kilobytes(told.page_bytes + told.asset_bytes)}`,
  );
}

async function prepare() {
  mkdirSync(join(dir, 'runbooks'));
  mkdirSync(join(dir, 'long'));
  mkdirSync(join(dir, 'appends'));
  for (const count of [1, 100, 1000]) {
    const steps = Array.from({ length: count }, (_, at) => `  - { id: s${at}, run: ":" }\n`);
    writeRunbook(count === 1 ? 'runbooks' : 'long', `steps-${count}`, steps.join(''));
  }
  writeRunbook(
    'long',
    'output',
    `  - { id: say, run: "yes '${line}' | head -c ${megabytes}000000" }\n`,
  );
  const names = ['commit', 'insert', 'copy-run', 'hash', 'clicks', 'decide', 'page'];
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map((name) => [name, `test/bench/${name}.ts`])),
    platform: 'node',
    external: ['better-sqlite3'],
    logLevel: 'silent',
  });
  await bundle.write({
    dir,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
  });
  cpSync(join(root, 'src/pages/assets'), dir, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
}

function writeRunbook(folder, name, steps) {
  writeFileSync(join(dir, folder, `${name}.yaml`), `name: ${name}\nsteps:\n${steps}`);
}

function runbook(...args) {
  return ['node', join(root, 'bin/runbook.cjs'), ...args];
}

function program(name, ...args) {
  return ['node', join(dir, `${name}.mjs`), ...args];
}

/** Runs both sides in turn and prints one row: ours, and how many times theirs that is. */
function compare(name, { aim = '', pairs, ours, theirs }) {
  const runs = Array.from({ length: pairs }, () => ({ theirs: must(theirs), ours: must(ours) }));
  const ratio = (kind) => median(runs.map((run) => run.ours[kind] / run.theirs[kind]));
  const took = (kind) => median(runs.map((run) => run.ours[kind]));
  say(
    row([
      name,
      times(ratio('cpu')),
      times(ratio('wall')),
      aim,
      seconds(took('cpu')),
      seconds(took('wall')),
    ]),
  );
}

/** One process and all its children: user and system time, and the clock on the wall, in seconds. */
function must(argv) {
  const script = `TIMEFORMAT='%R %U %S'; { time "$@" > /dev/null 2> '${dir}/stderr'; } 2>&1`;
  const { status, stdout } = spawnSync('bash', ['-c', script, 'bench', ...argv], { cwd: dir, env });
  if (status !== 0) {
    throw new Error(`exit ${status}: ${argv.join(' ')}\n${stdout}`);
  }
  const [wall, user, system] = stdout.toString().trim().split(' ').map(Number);
  return { wall, cpu: user + system };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

function heading(text) {
  say(`\n${text}`);
}

function row([name, ...cells]) {
  return `  ${name.padEnd(20)}${cells.map((cell) => cell.padStart(9)).join('')}`;
}

function times(ratio) {
  return `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;
}

function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
