import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openScene } from '../support/scene.ts';

const statuses = (report: { steps: readonly { id: string; status: string }[] }) =>
  report.steps.map(({ id, status }) => `${id} ${status}`);

test('a step is tried again after a failure that its retry policy names', async () => {
  const scene = openScene({
    runbook: `
name: flaky
steps:
  - id: flaky
    run: |
      echo x >> tries
      test "$(wc -l < tries)" -ge 3 || exit 7
    retry: { attempts: 3, delay: 10ms, on: [7] }
`,
  });
  const report = await scene.exec();
  expect(report).toMatchObject({ status: 'succeeded', exit_code: 0 });
  expect(report.steps[0]).toMatchObject({ attempt: 3 });
});

test('another failure is not tried again', async () => {
  const scene = openScene({
    runbook: `
name: flaky
steps:
  - id: flaky
    run: exit 8
    retry: { attempts: 3, delay: 10ms, on: [7] }
`,
  });
  expect(await scene.exec()).toMatchObject({
    status: 'failed',
    exit_code: 1,
    reason: 'exit code 8, expected 0',
  });
});

test('a retry of a privileged step claims another use of its grant, and no more than it has', async () => {
  const scene = openScene({
    runbook: `
name: flaky
steps:
  - id: flaky
    privileged: true
    run: echo x >> tries; exit 7
    retry: { attempts: 2, delay: 10ms }
`,
  });
  const waiting = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  const done = await scene.resume(waiting.run);
  expect(done).toMatchObject({ status: 'failed' });
  const uses = scene.entries.flatMap(({ event }) =>
    event.type === 'step.started' && event.data.permit.kind === 'grant'
      ? [event.data.permit.use]
      : [],
  );
  expect(uses).toEqual([1, 2]);
});

test('a tolerated failure does not fail the run, and finally runs whatever happened', async () => {
  const scene = openScene({
    runbook: `
name: ends
steps:
  - { id: soft, run: exit 3, continue_on_error: true }
  - { id: hard, run: exit 4 }
  - { id: never, run: "true" }
finally:
  - { id: tidy, run: echo tidy }
`,
  });
  const report = await scene.exec();
  expect(statuses(report)).toEqual([
    'soft tolerated',
    'hard failed',
    'never skipped',
    'tidy succeeded',
  ]);
  expect(report).toMatchObject({ status: 'failed', exit_code: 1 });
});

test('preconditions come first, and a failed one ends the run before anything else', async () => {
  const scene = openScene({
    runbook: `
name: guarded
preconditions:
  - { id: ready, run: "false" }
steps:
  - { id: act, run: echo acted }
`,
  });
  const report = await scene.exec();
  expect(statuses(report)).toEqual(['ready failed', 'act skipped']);
  expect(scene.output.text).toBe('');
});

test('outputs flow into later steps as data, and `if` looks at them', async () => {
  const scene = openScene({
    runbook: `
name: flow
steps:
  - id: look
    run: 'echo "{\\"leader\\": \\"a; rm -rf /\\", \\"up\\": 3}"'
    outputs: { leader: json.leader, up: json.up }
  - id: use
    if: steps.look.outputs.up == 3
    exec: [echo, "leader is \${{ steps.look.outputs.leader }}"]
  - id: skip
    if: steps.look.outputs.up > 3
    run: echo never
`,
  });
  const report = await scene.exec();
  expect(statuses(report)).toEqual(['look succeeded', 'use succeeded', 'skip skipped']);
  expect(scene.output.text).toContain('leader is a; rm -rf /\n');
});

test('a secret output reaches the next step and is stored nowhere', async () => {
  const scene = openScene({
    runbook: `
name: mint
steps:
  - id: mint
    run: echo "hunter2-$((40 + 2))"
    outputs: { key: { value: stdout, secret: true } }
  - id: use
    env: { KEY: "\${{ steps.mint.outputs.key }}" }
    run: |
      test "$KEY" = hunter2-42
      echo "got $KEY"
`,
  });
  const report = await scene.exec();
  expect(report).toMatchObject({ status: 'succeeded' });
  expect(scene.output.text).toBe('got ***\n');
  const logs = await scene.service().logs(null, null);
  expect(logs.map(({ bytes }) => bytes.toString('utf8')).join('')).toBe('got ***\n');
});

test('an output that carries a secret must be marked, even in disguise', async () => {
  const scene = openScene({
    runbook: `
name: leak
params: { token: { type: string, secret: true } }
env: { TOKEN: "\${{ params.token }}" }
steps:
  - id: leak
    run: printf %s "$TOKEN" | base64
    outputs: { value: stdout }
`,
  });
  const report = await scene.exec({ token: 'correct-horse-battery' });
  expect(report).toMatchObject({
    status: 'failed',
    reason: 'output `value` contains the secret `params.token`: mark it `secret: true`',
  });
});

test('an http step sends what its plan says and is judged by its answer', async () => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ up: 3, path: request.url, auth: request.headers.authorization, body }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const scene = openScene({
    config: `environments: { test: { vars: { api: "http://127.0.0.1:${port}/v1" } } }\ndefault_environment: test\n`,
    runbook: `
name: api
params: { token: { type: string, secret: true }, name: { type: string } }
steps:
  - id: post
    http:
      method: POST
      url: \${{ environment.vars.api }}/nodes/\${{ params.name }}
      headers: { authorization: "Bearer \${{ params.token }}" }
      json: { name: "\${{ params.name }}", count: 2 }
    expect: { status: 200, that: "response.json.up == 3" }
    outputs: { path: response.json.path, body: response.json.body }
`,
  });
  const report = await scene.exec({ token: 'tok-123456', name: 'a/b?c' });
  expect(report).toMatchObject({ status: 'succeeded' });
  expect(report.steps[0]?.outputs).toEqual({
    path: '/v1/nodes/a%2Fb%3Fc',
    // Keys are sorted: the plan is frozen in its canonical form.
    body: '{"count":2,"name":"a/b?c"}',
  });
  expect(scene.output.text).toContain('Bearer ***');
});

test('a file changed after approval supersedes the request, with the change named', async () => {
  const scene = openScene({
    runbook: `
name: act
steps:
  - id: act
    privileged: true
    files: [./act.sh]
    run: sh ./act.sh
`,
    files: { 'act.sh': 'echo one\n' },
  });
  const waiting = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${scene.dir}/act.sh`, 'echo two\n');
  const again = await scene.resume(waiting.run);
  expect(again).toMatchObject({ status: 'waiting', exit_code: 10 });
  const superseded = scene.entries.flatMap(({ event }) =>
    event.type === 'approval.superseded' ? event.data.changes : [],
  );
  expect(superseded.join()).toContain('act.sh');
  expect(scene.output.text).toBe('');

  await scene.decide(scene.people.robin, 'approve');
  const done = await scene.resume(waiting.run);
  expect(done).toMatchObject({ status: 'succeeded' });
  expect(scene.output.text).toBe('two\n');
});
