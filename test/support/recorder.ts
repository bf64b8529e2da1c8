import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What a stand-in answers when its arguments, joined by spaces, contain `to`; the first that fits holds. */
export interface Answer {
  readonly to: string;
  /** The nth call that fits prints the nth text; the last one stays. */
  readonly stdout?: readonly string[];
  readonly stderr?: string;
  readonly exit?: number;
}

/** One call as the stand-in saw it. */
export interface Call {
  readonly program: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Recorder {
  /** A PATH with the stand-ins in front of everything else. */
  readonly path: string;
  /** Every call so far, in order. */
  calls(): readonly Call[];
  close(): void;
}

/**
 * Puts executables named like `kubectl` or `psql` into a new folder. Each writes down how it was called
 * and answers what the test gave it; a call that nothing fits exits 64, so that no surprise passes.
 */
export function openRecorder(programs: Readonly<Record<string, readonly Answer[]>>): Recorder {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  const log = join(folder, 'calls.ndjson');
  for (const [program, answers] of Object.entries(programs)) {
    writeFileSync(join(folder, program), standIn(program, answers));
    chmodSync(join(folder, program), 0o755);
  }
  return {
    path: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    calls: () => (existsSync(log) ? readCalls(log) : []),
    close: () => rmSync(folder, { recursive: true }),
  };
}

function readCalls(log: string): Call[] {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Call);
}

/** Finds its log beside itself: nothing but its own path reaches it from the test. */
function standIn(program: string, answers: readonly Answer[]): string {
  return `#!/usr/bin/env node
'use strict';
const fs = require('node:fs');
const log = require('node:path').join(__dirname, 'calls.ndjson');
const answers = ${JSON.stringify(answers)};
const line = process.argv.slice(2).join(' ');
const answer = answers.find(({ to }) => line.includes(to));

const fits = (call) => call.program === '${program}' &&
  answers.find(({ to }) => call.argv.join(' ').includes(to)) === answer;
const before = fs.existsSync(log)
  ? fs.readFileSync(log, 'utf8').trimEnd().split('\\n').map((text) => JSON.parse(text)).filter(fits).length
  : 0;
const call = { program: '${program}', argv: process.argv.slice(2), cwd: process.cwd(), env: process.env };
fs.appendFileSync(log, JSON.stringify(call) + '\\n');

if (answer === undefined) {
  process.stderr.write('${program}: nobody told me what to answer to: ' + line + '\\n');
  process.exitCode = 64;
} else {
  process.stdout.write((answer.stdout ?? [])[Math.min(before, (answer.stdout ?? []).length - 1)] ?? '');
  process.stderr.write(answer.stderr ?? '');
  process.exitCode = answer.exit ?? 0;
}
`;
}
