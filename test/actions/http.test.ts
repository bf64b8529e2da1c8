import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type ActionResult, maxCaptureBytes } from '../../src/actions/action.ts';
import type { HttpAction, Text } from '../../src/runbook/command.ts';
import { aGet, run } from './scene.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) {
    close();
  }
});

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Site {
  readonly url: string;
  readonly port: number;
  /** `METHOD path` of every request that arrived. */
  readonly seen: string[];
}

/** A real server on a port of its own, closed with its connections after the test. */
async function serve(listener: Listener): Promise<Site> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, seen };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
  }
  return text;
}

function responded(result: ActionResult): Extract<ActionResult, { kind: 'responded' }> {
  if (result.kind !== 'responded') {
    throw new Error(`${result.kind}: ${'message' in result ? result.message : ''}`);
  }
  return result;
}

function header(name: string, ...value: Text): HttpAction['headers'][number] {
  return { name, value };
}

const secret = (name: string) => ({ secret: name, commitment: 'f'.repeat(64) }) as never;

describe('a request', () => {
  test('carries method, path, query, headers and body as bound', async () => {
    let got = {};
    const site = await serve(async (request, response) => {
      got = {
        method: request.method,
        url: request.url,
        body: await textOf(request),
        type: request.headers['content-type'],
        tags: request.headersDistinct['x-tag'],
        host: request.headers.host,
        length: request.headers['content-length'],
      };
      response.end('ok');
    });
    const headers = [
      header('content-type', 'application/json'),
      header('x-tag', 'a'),
      header('x-tag', 'b'),
    ];
    await run(aGet(`${site.url}/a%2Fb?c=d%20e`, { method: 'PUT', headers, body: ['{"é":', '1}'] }));
    expect(got).toEqual({
      method: 'PUT',
      url: '/a%2Fb?c=d%20e',
      body: '{"é":1}',
      type: 'application/json',
      tags: ['a', 'b'],
      host: `127.0.0.1:${site.port}`,
      length: '8',
    });
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'can be a %s without a body',
    async (method) => {
      const site = await serve((_, response) => response.writeHead(204).end());
      const { result } = await run(aGet(`${site.url}/x`, { method }));
      expect(responded(result).status).toBe(204);
      expect(site.seen).toEqual([`${method} /x`]);
    },
  );

  test('gives status, lower-case headers and the body', async () => {
    const site = await serve((_, response) => {
      response
        .writeHead(418, { 'X-Kind': 'tea', 'Set-Cookie': ['a=1', 'b=2'] })
        .end('short and stout');
    });
    const { result, stdout } = await run(aGet(site.url));
    expect(responded(result)).toMatchObject({
      status: 418,
      headers: { 'x-kind': 'tea', 'set-cookie': 'a=1, b=2' },
    });
    expect(responded(result).body).toEqual({
      bytes: Buffer.from('short and stout'),
      complete: true,
    });
    expect(stdout).toBe('short and stout');
  });

  test('fills in secrets, and masks what comes back', async () => {
    const site = await serve((request, response) =>
      response.end(`you said ${request.headers.authorization}`),
    );
    const headers = [header('authorization', 'Bearer ', secret('env.TOKEN'))];
    const secrets = new Map([['env.TOKEN', 'opensesame']]);
    const { result, stdout } = await run(aGet(site.url, { headers }), { secrets });
    expect(responded(result).body.bytes.toString()).toBe('you said Bearer opensesame');
    expect(stdout).toBe('you said Bearer ***');
  });

  test('keeps the beginning of a big body, and passes all of it on', async () => {
    const site = await serve((_, response) => response.end(Buffer.alloc(5_000_000, 'x')));
    let passed = 0;
    const { result } = await run(aGet(site.url), {
      output: (_, chunk) => (passed += chunk.length),
    });
    expect(responded(result).body.bytes.length).toBe(maxCaptureBytes);
    expect(responded(result).body.complete).toBe(false);
    expect(passed).toBe(5_000_000);
  });

  test('goes straight to the server, whatever proxy the process is told to use', async () => {
    const proxy = await serve((_, response) => response.end('proxy'));
    const site = await serve((_, response) => response.end('direct'));
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    try {
      for (const name of names) {
        process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url;
      }
      expect((await run(aGet(site.url))).stdout).toBe('direct');
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) {
          delete process.env[name];
        } else {
          process.env[name] = value;
        }
      }
    }
    expect(proxy.seen).toEqual([]);
  });

  test('is sent once, also when the connection dies on it', async () => {
    const site = await serve((request) => request.socket.destroy());
    const { result } = await run(aGet(site.url));
    expect(result).toMatchObject({ kind: 'no_response', ended: 'connection' });
    expect(site.seen).toEqual(['GET /']);
  });
});

describe('redirects', () => {
  function hop(status: number, location: string): Listener {
    return (request, response) => {
      if (request.url === '/from') {
        response.writeHead(status, { location }).end('moved');
      } else {
        response.end('arrived');
      }
    };
  }

  test('are the response where they are off', async () => {
    const site = await serve(hop(302, '/to'));
    expect(responded((await run(aGet(`${site.url}/from`))).result)).toMatchObject({
      status: 302,
      headers: { location: '/to' },
    });
    expect(site.seen).toEqual(['GET /from']);
  });

  test.each<[number, string, string]>([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [302, 'PUT', 'PUT'],
    [303, 'POST', 'GET'],
    [303, 'DELETE', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'DELETE', 'DELETE'],
  ])('%i turns %s into %s on the same origin', async (status, method, next) => {
    const site = await serve(hop(status, '/to'));
    const { result } = await run(
      aGet(`${site.url}/from`, {
        method,
        body: method === 'POST' ? ['x'] : null,
        redirects: 'same_origin',
      }),
    );
    expect(responded(result).status).toBe(200);
    expect(site.seen).toEqual([`${method} /from`, `${next} /to`]);
  });

  test('that repeat a POST repeat its body', async () => {
    const bodies: string[] = [];
    const site = await serve(async (request, response) => {
      bodies.push(await textOf(request));
      hop(307, '/to')(request, response);
    });
    await run(
      aGet(`${site.url}/from`, { method: 'POST', body: ['twice'], redirects: 'same_origin' }),
    );
    expect(bodies).toEqual(['twice', 'twice']);
  });

  test('to another origin are never followed', async () => {
    const other = await serve((_, response) => response.end('stolen'));
    const site = await serve(hop(307, `${other.url}/to`));
    const headers = [header('authorization', 'Bearer token')];
    const { result, stdout } = await run(
      aGet(`${site.url}/from`, { headers, redirects: 'same_origin' }),
    );
    expect(responded(result).status).toBe(307);
    expect(stdout).toBe('moved');
    expect(other.seen).toEqual([]);
  });

  test('end after five, and the next one is the response', async () => {
    const site = await serve((request, response) => {
      response.writeHead(302, { location: `${request.url}x` }).end();
    });
    const { result } = await run(aGet(`${site.url}/`, { redirects: 'same_origin' }));
    expect(responded(result).status).toBe(302);
    expect(site.seen).toHaveLength(6);
  });
});

describe('an exchange that fails', () => {
  test('before a connection stood has not started', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { result } = await run(aGet(`http://127.0.0.1:${port}/`));
    expect(result).toEqual({
      kind: 'not_started',
      message: `the connection to \`127.0.0.1:${port}\` failed: ECONNREFUSED`,
    });
  });

  test('for a host that does not exist has not started', async () => {
    const { result } = await run(aGet('http://no-such-host.invalid/'));
    expect(result).toMatchObject({ kind: 'not_started' });
  });

  test('after a redirect has started, though the second connection is refused', async () => {
    const site = await serve((_, response) => {
      response.writeHead(303, { location: '/to', connection: 'close' }).end();
      for (const close of closing.splice(0)) {
        close();
      }
    });
    const { result } = await run(aGet(site.url, { method: 'POST', redirects: 'same_origin' }));
    expect(result.kind).toBe('no_response');
  });

  test('in the middle of the body is no answer', async () => {
    const site = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => response.destroy(), 50);
    });
    const { result, stdout } = await run(aGet(site.url));
    expect(result).toMatchObject({ kind: 'no_response', ended: 'connection' });
    expect(stdout).toBe('half');
  });

  test('against something that speaks no HTTP is no answer', async () => {
    const server = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { result } = await run(aGet(`http://127.0.0.1:${port}/`));
    expect(result).toMatchObject({ kind: 'no_response', ended: 'connection' });
  });

  test('in a malformed body is no answer, and no crash', async () => {
    const answer = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk size\r\n';
    const server = createTcpServer((socket) => socket.end(answer)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { result } = await run(aGet(`http://127.0.0.1:${port}/`));
    expect(result).toMatchObject({ kind: 'no_response', ended: 'connection' });
  });

  test.each<[string, Listener]>([
    ['that never answers', () => {}],
    ['that never finishes', (_, response) => response.writeHead(200).write('…')],
    ['that drips', (_, response) => void setInterval(() => response.write('.'), 20).unref()],
  ])('at a server %s ends with the timeout', async (_, listener) => {
    const site = await serve(listener);
    const { result } = await run({ ...aGet(site.url), timeout_ms: 200 });
    expect(result).toMatchObject({ kind: 'no_response', ended: 'timeout' });
    expect(result.kind === 'no_response' && result.durationMs).toBeLessThan(2000);
  });

  test('because it was cancelled says so', async () => {
    const abort = new AbortController();
    const site = await serve(() => abort.abort());
    const { result } = await run(aGet(site.url), { signal: abort.signal });
    expect(result).toMatchObject({ kind: 'no_response', ended: 'cancelled' });
  });

  test('because a header cannot be sent has not started', async () => {
    const site = await serve((_, response) => response.end());
    const { result } = await run(aGet(site.url, { headers: [header('x-a', 'two\nlines')] }));
    expect(result.kind).toBe('not_started');
    expect(JSON.stringify(result)).not.toContain('lines');
    expect(site.seen).toEqual([]);
  });
});

describe('hosts', () => {
  test.each<[string, (site: Site) => readonly string[], boolean]>([
    ['the host allows any port', () => ['127.0.0.1'], true],
    ['host and port', ({ port }) => [`127.0.0.1:${port}`], true],
    ['another port', () => ['127.0.0.1:1'], false],
    ['another host', () => ['localhost'], false],
    ['a suffix is no match', () => ['0.0.1'], false],
    ['an empty list allows none', () => [], false],
  ])('%s', async (_, hosts, isAllowed) => {
    const site = await serve((_, response) => response.end());
    const { result } = await run(aGet(site.url), { hosts: hosts(site) });
    expect(result.kind).toBe(isAllowed ? 'responded' : 'refused');
    expect(site.seen).toHaveLength(isAllowed ? 1 : 0);
  });

  test.each<[string, Partial<HttpAction>]>([
    ['a `host` header that names another one', { headers: [header('host', 'internal')] }],
    ['a URL with a user', { url: 'http://me:pass@127.0.0.1/' }],
    ['another protocol', { url: 'file:///etc/passwd' }],
    ['no URL', { url: '127.0.0.1' }],
  ])('%s is refused', async (_, changes) => {
    const { result } = await run(aGet('http://127.0.0.1:9/', changes), { hosts: ['127.0.0.1'] });
    expect(result.kind).toBe('refused');
  });
});
