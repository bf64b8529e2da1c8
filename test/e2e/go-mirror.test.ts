import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import { runTool } from '../../src/base/tool.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { bundlePath, tilePath } from '../../src/journal/tiles.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import { testWith } from '../support/foreign.ts';
import { memoryLog } from '../support/memory-log.ts';
import { watching } from '../support/watching.ts';

const goPath = '/usr/share/gocode';
const sumdb = `${goPath}/src/golang.org/x/mod/sumdb`;
const dir = mkdtempSync(join(tmpdir(), 'runbook-go-'));
afterAll(() => rmSync(dir, { recursive: true }));

testWith(
  ['go', sumdb],
  "Go's sumdb reads what a mirror keeps, and finds what is altered",
  async () => {
    const program = join(dir, 'mirror');
    const source = fileURLToPath(new URL('../fixtures/go/mirror.go', import.meta.url));
    const settings = ['GO111MODULE=off', `GOPATH=${goPath}`, `GOCACHE=${join(dir, 'cache')}`];
    const argv = ['env', ...settings, 'go', 'build', '-o', program, source];
    expect(runTool(argv, { timeoutMs: 300_000 })).toMatchObject({ exitCode: 0, stderr: '' });

    const log = memoryLog(700);
    const { origin } = log.view;
    const logKey = formatVerifierKey(origin, log.signer.publicKey);
    const watch = await watching([logKey]);
    const key = watch.mirror?.verifierKey ?? '';
    const [sink] = openSinks(
      parseYaml(
        `m: { kind: mirror, url: "${watch.url}", key: "${key}" }`,
        'c.yaml',
        'config_invalid',
      ),
      { clock: systemClock, env: {}, log: () => undefined },
    );
    const folder = join(watch.dir, 'logs', sha256(origin));
    const check = () => runTool([program, folder, logKey, key], { timeoutMs: 60_000 });
    for (const [from, to] of [
      [0, 5],
      [5, 256],
      [256, 300],
      [300, 700],
    ] as const) {
      await sink?.deliver(
        { from, head: log.headAt(to), log: log.view },
        AbortSignal.timeout(20_000),
      );
      expect(check()).toMatchObject({ exitCode: 0, stderr: '', stdout: Buffer.from(`${to}\n`) });
    }

    for (const path of ['checkpoint', bundlePath(1), tilePath(0, 0), tilePath(1, 0, 2)]) {
      const file = join(folder, path);
      const bytes = readFileSync(file);
      const altered = Buffer.from(bytes);
      altered[40] = (altered[40] ?? 0) ^ 1;
      writeFileSync(file, altered);
      expect(check().exitCode, path).not.toBe(0);
      writeFileSync(file, bytes);
    }
    expect(check().exitCode).toBe(0);
  },
);
