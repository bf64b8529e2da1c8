import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { openWebhooks } from '../../../src/channels/webhooks/open-webhooks.ts';
import { openOffice } from '../../../src/engine/office/open-office.ts';
import { serve } from '../../../src/server/serve.ts';
import { readServeSettings } from '../../../src/server/settings.ts';
import { freePort } from '../../support/free-port.ts';
import { openScene } from '../../support/scene.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const hookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const chatSecret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

test('the program of docs/api.md takes a request to a chat and the decision back', async () => {
  const chat = await openChat();
  const glue = { port: 0 };
  const scene = openScene({
    runbook: 'name: hello\nsteps: [{ id: change, privileged: true, run: "echo changed" }]\n',
    account: 'runbook@server',
    trusted: true,
  });
  const day = 86_400_000;
  const issue = async (
    holder: { kind: 'person' | 'agent'; id: string },
    scope: 'read' | 'decide' | 'start',
  ) => {
    const input = { holder, scopes: [scope], label: null, expiresInMs: day };
    return (await scene.service().issueToken(input)).secret;
  };
  const reading = await issue({ kind: 'agent', id: 'deploy-bot' }, 'read');
  const deciding = await issue({ kind: 'person', id: 'robin' }, 'decide');
  const starting = await issue({ kind: 'person', id: 'ana' }, 'start');

  // The program has to know the server, and the server the program: it begins with an address of its own.
  const door = await freePort();
  const program = await start({
    RUNBOOK_URL: `http://127.0.0.1:${door}`,
    RUNBOOK_TOKEN: reading,
    RUNBOOK_WEBHOOK_SECRET: hookSecret,
    CHAT_URL: chat.url,
    CHAT_SECRET: chatSecret,
    TOKENS: JSON.stringify({ 'U-robin': deciding }),
  });
  glue.port = program.port;
  await openDoor(scene, door, glue.port);

  const call = { authorization: `Bearer ${starting}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ runbook: 'runbook' });
  const started = await fetch(`http://127.0.0.1:${door}/v1/runs`, {
    method: 'POST',
    headers: call,
    body,
  });
  expect(started.status).toBe(201);

  await chat.said(1);
  expect(chat.texts[0]).toContain('hello in local asks:');
  expect(chat.texts[0]).toContain('echo changed');
  const [, words = ''] = /approve (\S+)/.exec(chat.texts[0] ?? '') ?? [];

  const message = (user: string, text: string) => write(glue.port, chatSecret, { user, text });
  expect(await message('U-mallory', `approve ${words}`)).toBe('nobody here knows you');
  expect(await message('U-robin', `approve ${words.slice(0, -1)}`)).toBe('write the words whole');
  expect(await message('U-robin', `approve ${words}`)).toBe('approve by robin (A1)');
  expect(await write(glue.port, hookSecret, { user: 'U-robin', text: `approve ${words}` })).toBe(
    '',
  );

  await chat.said(3);
  expect(chat.texts.slice(1)).toEqual([
    expect.stringContaining('approve by robin (A1)'),
    'hello: succeeded',
  ]);
});

async function openDoor(scene: ReturnType<typeof openScene>, port: number, hook: number) {
  const section = parseYaml(
    `[{ name: glue, url: "http://127.0.0.1:${hook}/runbook", secret: { env: GLUE }, allow_private: true }]`,
    'config.yaml',
    'config_invalid',
  );
  const { clock } = scene;
  const engine = scene.engine();
  const reception = openWebhooks(section, { clock, env: { GLUE: hookSecret } });
  const office = openOffice(
    { ...engine, receptions: [reception] },
    { url: null, serviceFor: ({ store, caller }) => scene.service(store, caller) },
  );
  const stop = new AbortController();
  const settings = readServeSettings(null, { listen: `127.0.0.1:${port}` });
  const serving = await serve(office, settings, {
    clock,
    signal: stop.signal,
    log: () => undefined,
  });
  onTestFinished(async () => {
    stop.abort();
    await serving.closed;
  });
  while (!reception.health().message.includes('up to date')) {
    await pause();
  }
}

async function openChat() {
  const texts: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      texts.push((JSON.parse(body) as { text: string }).text);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const said = async (count: number) => {
    while (texts.length < count) {
      await pause();
    }
  };
  return { url: `http://127.0.0.1:${port}/`, texts, said };
}

/** The program as the page shows it, in a process of its own. */
async function start(env: Readonly<Record<string, string>>): Promise<{ readonly port: number }> {
  const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const [, program = ''] = /^```js\n(\/\/ glue\.mjs[^]*?)^```$/m.exec(page) ?? [];
  const dir = tempFolder({ 'glue.mjs': program });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const child = spawn(process.execPath, [join(dir, 'glue.mjs')], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    child.kill();
    await once(child, 'exit');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString('utf8')) };
}

async function write(port: number, secret: string, message: object): Promise<string> {
  const body = JSON.stringify(message);
  const id = 'msg-1';
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(), body),
  };
  const url = `http://127.0.0.1:${port}/chat`;
  return (await fetch(url, { method: 'POST', headers, body })).text();
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
