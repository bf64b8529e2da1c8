import { generateKeyPairSync } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import {
  ed25519Blob,
  formatPublicKey,
  parsePublicKeyBlob,
} from '../../src/approval/ssh/ssh-key.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { LoadApp } from '../../src/cli/cli.ts';
import { listenForSignals } from '../../src/cli/interrupts.ts';
import { run } from '../../src/cli/run.ts';
import { rawPublicKey } from '../../src/signers/pkcs8.ts';

/** What one invocation said. */
export interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Scene {
  readonly dir: string;
  /** Runs `runbook ARGV` in this process, with streams that are no terminals. */
  run(...argv: readonly string[]): Promise<Said>;
  with(more: Partial<SceneOptions>): Scene;
  write(file: string, text: string): string;
  close(): void;
}

export interface SceneOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly terminal: boolean;
  readonly columns: number;
  readonly clock: Clock;
  readonly loadApp: LoadApp;
}

export const fixedMs = Date.parse('2026-03-01T10:00:00.000Z');

const fixedClock: Clock = { now: () => ({ wallMs: fixedMs, monoUs: 0, boot: 'boot' }) };

/** A folder of its own, with configuration, state and approver's memory in it. */
export function aScene(): Scene {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-cli-'));
  return sceneIn(dir, {});
}

function sceneIn(dir: string, options: Partial<SceneOptions>): Scene {
  return {
    dir,
    run: async (...argv) => runIn(dir, argv, options),
    with: (more) => sceneIn(dir, { ...options, ...more }),
    write(file, text) {
      const path = join(dir, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function runIn(
  dir: string,
  argv: readonly string[],
  options: Partial<SceneOptions>,
): Promise<Said> {
  const { env = {}, stdin = '', terminal = false, columns = 80, loadApp } = options;
  const { clock = fixedClock } = options;
  const stdout = collector({ terminal, columns });
  const stderr = collector({ terminal, columns });
  const io = {
    env: {
      HOME: dir,
      PATH: process.env['PATH'] ?? '',
      RUNBOOK_CONFIG_DIR: join(dir, 'config'),
      RUNBOOK_STATE_DIR: join(dir, 'state'),
      RUNBOOK_APPROVER_DIR: join(dir, 'approver'),
      ...env,
    },
    cwd: dir,
    stdin: Object.assign(Readable.from(stdin === '' ? [] : [stdin]), { isTTY: terminal }),
    stdout: stdout.stream,
    stderr: stderr.stream,
    clock,
    interrupts: listenForSignals(new EventEmitter()),
  };
  const exitCode = await run(argv, io, loadApp);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function collector({ terminal, columns }: { terminal: boolean; columns: number }) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(stream, terminal ? { isTTY: true, columns } : { isTTY: false }),
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

/** A key of its own for somebody: `NAME.pem`, as PKCS#8, and `NAME.pub`. */
export function writeKey(scene: Scene, name: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const blob = ed25519Blob(rawPublicKey(publicKey));
  scene.write(`${name}.pub`, `${formatPublicKey(parsePublicKeyBlob(blob))} ${name}@laptop\n`);
  scene.write(`${name}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}
