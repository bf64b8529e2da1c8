import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** One call of the Bot Connector as it came. */
export interface ServiceCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly body?: object | string;
  readonly headers?: Record<string, string>;
}

type Fault = ServiceAnswer | 'cut' | 'silence' | null;

/** The Bot Connector as far as our calls need it, for what the playground never does: refusals, limits, outages. */
export interface TeamsService {
  readonly url: string;
  readonly calls: ServiceCall[];
  /** Facts of members by their id; whoever is not here is a user as they say. */
  readonly members: Map<string, object>;
  /** Asked for every call: what is answered in its place; `cut` ends the connection, `silence` leaves it open. */
  fault: (call: ServiceCall) => Fault | Promise<Fault>;
  /** Cards as everybody sees them: what was posted, as it was rewritten last. */
  cards(): readonly string[];
  count(method: string, path?: RegExp): number;
}

export const tenant = '11111111-2222-4333-8444-555555555555';
export const objects = {
  ana: 'a0a0a0a0-0000-4000-8000-00000000000a',
  robin: 'b0b0b0b0-0000-4000-8000-00000000000b',
  nobody: 'c0c0c0c0-0000-4000-8000-00000000000c',
} as const;

/** Closed when the test is over. */
export async function openTeamsService(): Promise<TeamsService> {
  const posted = new Map<string, string>();
  const server = createServer((request, response) => {
    void serve(service, posted, { request, response });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const service: TeamsService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/emea/`,
    calls: [],
    members: new Map(
      Object.entries(objects).map(([name, aadObjectId]) => [
        `29:${name}`,
        { id: `29:${name}`, aadObjectId, tenantId: tenant, userRole: 'user' },
      ]),
    ),
    fault: () => null,
    cards: () => [...posted.values()],
    count: (method, path = /./) =>
      service.calls.filter((call) => call.method === method && path.test(call.path)).length,
  };
  return service;
}

async function serve(
  service: TeamsService,
  posted: Map<string, string>,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  const body = await text(request);
  const call = { method, path, authorization: headers.authorization ?? '', body };
  service.calls.push(call);
  const answer = (await service.fault(call)) ?? answerTo(service, posted, call);
  if (answer === 'silence') {
    return;
  }
  if (answer === 'cut') {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  const said = answer.body ?? {};
  response.end(typeof said === 'string' ? said : JSON.stringify(said));
}

function answerTo(
  { members }: TeamsService,
  posted: Map<string, string>,
  { method, path, body }: ServiceCall,
): ServiceAnswer {
  const [, rest = ''] = /^\/emea\/v3\/conversations\/[^/]+\/(.*)$/.exec(path) ?? [];
  const [kind, id = ''] = rest.split(/[/?]/).map(decodeURIComponent);
  if (kind === 'pagedmembers') {
    return { status: 200, body: { members: [] } };
  }
  if (kind === 'members') {
    const found = members.get(id);
    return found === undefined
      ? { status: 404, body: { error: { code: 'MemberNotFoundInConversation' } } }
      : { status: 200, body: found };
  }
  if (method === 'PUT' && !posted.has(id)) {
    return { status: 404, body: { error: { code: 'ActivityNotFoundInConversation' } } };
  }
  const number = method === 'PUT' ? id : String(1_700_000_000_000 + posted.size);
  if (method === 'PUT' || id === '') {
    posted.set(number, body);
  }
  return { status: method === 'PUT' ? 200 : 201, body: { id: number } };
}
