import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProcesses } from '../../src/base/process.ts';
import { runTool } from '../../src/base/tool.ts';
import {
  aCommand,
  actions,
  aGet,
  aScript,
  eventually,
  inFolder,
  permitFor,
  run,
  startWith,
} from '../actions/scene.ts';
import { testWith } from '../support/foreign.ts';

const megabyte = 1_000_000;

/** Highest growth of resident memory while the promise is open. */
async function memoryGrowth(running: Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 10);
  await running;
  clearInterval(timer);
  return highest - before;
}

test.each([
  ['without secrets', new Map<string, string>()],
  ['with secrets to mask', new Map([['params.token', 'correct horse battery staple']])],
])('200 MB of output pass through in constant memory, %s', async (_, secrets) => {
  await run(aScript('yes warm-up | head -c 1000000'), { secrets });
  let passed = 0;
  const growth = await memoryGrowth(
    run(aScript(`yes 'a line of output' | head -c ${200 * megabyte}`), {
      secrets,
      output: (_stream, chunk) => {
        passed += chunk.length;
      },
    }),
  );
  expect(passed).toBe(200 * megabyte);
  // Far below what went through; how much a heap keeps before it collects differs between Nodes.
  expect(growth).toBeLessThan(120 * megabyte);
});

test('nothing of the output is lost when this process is too busy to read it', async () => {
  let passed = 0;
  await run(aScript(`head -c ${megabyte} /dev/zero`), {
    output: (_stream, chunk) => {
      passed += chunk.length;
      const until = performance.now() + 150;
      while (performance.now() < until) {
        // Longer than the quiet after which a pipe is closed.
      }
    },
  });
  expect(passed).toBe(megabyte);
});

test('what outlives a step in a session of its own is found by its attempt', async () => {
  const command = actions.bind(
    aCommand(aScript('setsid sleep 60 >/dev/null 2>&1 & sleep 60')),
    true,
  );
  const permit = { ...permitFor(command), attemptToken: 'feedfacefeedfacefeedfacefeedface' };
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 300);
  const { result } = await startWith(permit, command, { signal: abort.signal });
  expect(result).toMatchObject({ kind: 'exited', ended: 'cancelled' });
  const survivors = findProcesses(permit.attemptToken);
  expect(survivors).toHaveLength(1);
  survivors.forEach((pid) => process.kill(pid, 'SIGKILL'));
  expect(await eventually(() => findProcesses(permit.attemptToken).length === 0)).toBe(true);
});

testWith(
  ['openssl'],
  'a server that cannot prove who it is gets no request, whatever the environment says',
  async () => {
    await inFolder(async (folder) => {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const { exitCode } = runTool(
        `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 1 -keyout ${key} -out ${cert}`.split(
          ' ',
        ),
      );
      expect(exitCode).toBe(0);
      let requests = 0;
      const server = createServer(
        { key: readFileSync(key), cert: readFileSync(cert) },
        (_, response) => {
          requests += 1;
          response.end();
        },
      ).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      try {
        const { result } = await run(aGet(`https://127.0.0.1:${port}/`));
        expect(result).toEqual({
          kind: 'not_started',
          message: `the connection to \`127.0.0.1:${port}\` failed: DEPTH_ZERO_SELF_SIGNED_CERT`,
        });
        expect(requests).toBe(0);
      } finally {
        delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        server.close();
      }
    });
  },
);
