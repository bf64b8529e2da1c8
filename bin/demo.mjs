#!/usr/bin/env node
// `npm run demo`: a real cluster, two people, one approval, one audit. Everything happens in one
// temporary folder, through the built CLI, by commands that anyone can repeat by hand.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const demo = mkdtempSync(join(realpathSync(tmpdir()), 'runbook-demo-'));
const surroundings = {
  DEMO: demo,
  PATH: `${demo}/bin:${process.env.PATH}`,
  RUNBOOK_PATH: `${root}runbooks`,
  RUNBOOK_CONFIG_DIR: `${demo}/config`,
  RUNBOOK_STATE_DIR: `${demo}/state`,
  RUNBOOK_APPROVER_DIR: `${demo}/approver`,
  CLUSTER_HOME: `${demo}/cluster`,
};
const exec = `runbook exec restart-cluster -e demo --reason 'new kernel, ticket OPS-42'`;
const approve = `runbook approve --key "$DEMO/robin" --reason 'looked at every line'`;

const running = new Set();
let chapter = 0;
process.on('exit', cleanUp);
for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.once(signal, () => void leave(exitCode));
}

try {
  await play();
} catch (error) {
  process.stderr.write(`\ndemo: ${error.message}\n`);
  process.exitCode = 1;
}

async function play() {
  await prepare();
  const { stdin, stdout } = process;
  await (stdin.isTTY && stdout.isTTY && !process.env.CI ? withYou() : alone());

  heading('What happened, and who can prove it');
  note('Every node is a new process, and the lead went round:');
  await run('cluster status');
  note("Robin's receipt is an outside witness: whoever rewrites the journal contradicts it.");
  await run('runbook audit verify --receipt "$RUNBOOK_APPROVER_DIR"/receipts/*.json');
  await run('runbook audit log');
  note('The demo takes its cluster and its folder with it. Nothing is left behind.');
}

async function prepare() {
  mkdirSync(`${demo}/bin`);
  symlinkSync(`${root}bin/runbook.cjs`, `${demo}/bin/runbook`);
  symlinkSync(`${root}runbooks/restart-cluster/cluster`, `${demo}/bin/cluster`);

  heading('A cluster and two people');
  note('All commands run with these lines in front:');
  process.stdout.write(`${exportLines()}\n\n`);
  note('Three nodes and a front, each a process of its own:');
  const api = (await run('cluster up "$CLUSTER_HOME"', { capture: true })).trim();
  await run('cluster status');
  note('Ana is you. Robin has a key; in real life it never leaves his own session.');
  await run('runbook init --person ana --no-example');
  await run(`ssh-keygen -q -t ed25519 -N '' -C demo-only -f "$DEMO/robin"`);
  await run('runbook people add robin --ssh-key "$DEMO/robin.pub"');
  await run(
    `cat > "$RUNBOOK_CONFIG_DIR/config.yaml" <<'END'\nenvironments:\n  demo: { vars: { api: "${api}" } }\nEND`,
  );
}

/** Nobody is there: the run stops at its gate, a second process decides, a third goes on. */
async function alone() {
  heading('Ana restarts the cluster, and is stopped');
  await run(`${exec} --no-wait`, { exitCode: 10 });
  note('Exit 10: it waits for a person. No process sits waiting, and nothing privileged ran:');
  await run('cluster status');

  heading('Robin reads exactly what would run, and signs it');
  await run('runbook requests');
  await run(approve);

  heading('The run goes on, with what was approved and nothing else');
  await run('runbook resume');
}

/** You are there: the run waits while you are Robin in another terminal, or let Robin be played. */
async function withYou() {
  heading('Ana restarts the cluster, and is stopped');
  const waiting = start(`${exec} --wait 30m`);
  await Promise.race([waiting.ended, requestIsOpen()]);
  if (waiting.child.exitCode === null) {
    heading('Be Robin: paste this into another terminal');
    process.stdout.write(`${exportLines()}\n${approve}\n\n`);
    note('Or press Enter here, and a second process does it.');
    const pressed = once(process.stdin, 'data').then(() => 'enter');
    if ((await Promise.race([waiting.ended, pressed])) === 'enter') {
      await run(approve);
    }
    process.stdin.destroy();
  }
  check(exec, await waiting.ended, 0);
}

async function requestIsOpen() {
  while (JSON.parse(await run('runbook requests --json', { quiet: true })).requests.length === 0) {
    await sleep(200);
  }
}

/** Runs a line as a person would type it; answers its stdout where that is captured. */
async function run(line, { exitCode = 0, capture = false, quiet = false } = {}) {
  const { child, ended } = start(line, { capture: capture || quiet, quiet });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
  });
  check(line, await ended, exitCode);
  if (!quiet) {
    process.stdout.write(`${output}\n`);
  }
  return output;
}

function start(line, { capture = false, quiet = false } = {}) {
  if (!quiet) {
    process.stdout.write(`${paint('bold', '$')} ${line.replaceAll('\n', '\n  ')}\n`);
  }
  const child = spawn('sh', ['-c', `umask 077\n${line}`], {
    cwd: demo,
    detached: true, // a process group, so that `leave` ends what the shell started too
    env: { ...process.env, ...surroundings },
    stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
  });
  running.add(child);
  const ended = once(child, 'close').then(([exitCode]) => {
    running.delete(child);
    return exitCode;
  });
  return { child, ended };
}

function check(line, found, wanted) {
  if (found !== wanted) {
    throw new Error(`exit ${found} instead of ${wanted}: ${line}`);
  }
}

function exportLines() {
  const lines = Object.entries({ ...surroundings, PATH: `${demo}/bin:$PATH` });
  return [...lines.map(([name, value]) => `export ${name}="${value}"`), 'umask 077'].join('\n');
}

function heading(text) {
  chapter += 1;
  process.stdout.write(`\n${paint('bold', `${chapter}. ${text}`)}\n\n`);
}

function note(text) {
  process.stdout.write(`${paint('dim', text)}\n`);
}

function paint(style, text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}

/** Interrupted: what runs is ended first, so that it does not write into a folder that goes. */
async function leave(exitCode) {
  for (const child of running) {
    process.kill(-child.pid, 'SIGTERM');
  }
  await Promise.race([Promise.all([...running].map((child) => once(child, 'close'))), sleep(5000)]);
  process.exit(exitCode);
}

function cleanUp() {
  spawnSync(`${demo}/bin/cluster`, ['down'], {
    env: { ...process.env, ...surroundings },
    stdio: 'ignore',
  });
  rmSync(demo, { recursive: true, force: true });
}
