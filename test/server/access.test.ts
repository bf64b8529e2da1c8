import { describe, expect, test } from 'vitest';
import type { Scope, TokenHolder } from '../../src/approval/token.ts';
import type { Route } from '../../src/server/route.ts';
import { routes } from '../../src/server/routes.ts';
import {
  type Answer,
  ana,
  bot,
  openServed,
  pick,
  robin,
  type Served,
  startGated,
} from './served.ts';

/** Every kind of caller: what it shows, and what the table must let it do. */
interface Kind {
  readonly name: string;
  readonly show: (served: Served) => Promise<string | undefined>;
  readonly scopes: readonly Scope[];
  /** 401 for whoever is nobody. */
  readonly known: boolean;
  readonly machine?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

const unknown = `rbk_${'A'.repeat(43)}`;

const kinds: readonly Kind[] = [
  { name: 'nobody', show: async () => undefined, scopes: [], known: false },
  { name: 'a made-up token', show: async () => unknown, scopes: [], known: false },
  { name: 'garbage', show: async () => 'garbage', scopes: [], known: false },
  { name: 'an expired token', show: expired, scopes: [], known: false },
  { name: 'a revoked token', show: revoked, scopes: [], known: false },
  ...(['start', 'read', 'decide', 'admin'] as const).map((scope) => holding(robin, [scope])),
  holding(bot, ['start', 'read']),
  {
    ...holding(robin, ['start', 'read', 'decide', 'admin']),
    name: 'a person’s token of all scopes, shown by an agent',
    machine: true,
    headers: { 'Runbook-Agent': 'deploy-bot' },
  },
  {
    ...holding(robin, ['start', 'read', 'decide', 'admin']),
    name: 'a person’s token of all scopes, shown by a CI job',
    machine: true,
    headers: { 'Runbook-Ci': 'github/acme/infra; actor=github/robin' },
  },
];

/** Bodies that a route takes; what they ask for may well be refused further in. */
const bodies: Readonly<Record<string, unknown>> = {
  'POST /v1/plans': { runbook: 'runbook' },
  'POST /v1/runs': { runbook: 'runbook' },
  'POST /v1/runs/{run}/resume': {},
  'POST /v1/runs/{run}/cancel': {},
  'POST /v1/runs/{run}/steps/{step}/resolve': { outcome: 'failed', reason: 'because' },
  'POST /v1/requests/{request}/decisions': { hash: 'a'.repeat(64), decision: 'approve' },
  'POST /v1/decisions': { statement: '{}', signature: 'AAAA' },
  'POST /v1/audit/verify': {},
  'POST /v1/tokens': { holder: robin, scopes: ['read'], expires_in_ms: 3_600_000 },
  'POST /v1/links': { channel: 'slack' },
  'POST /v1/links/answer': { channel: 'slack', code: '00000000' },
};

describe.each(kinds)('$name', ({ show, scopes, known, machine, headers }) => {
  test('gets through on the routes of the table that take it, and on no other', async () => {
    const served = await openServed();
    const { run, request } = await startGated(served, await served.token(ana, ['start', 'read']));
    const token = await show(served);
    for (const route of routes) {
      const path = route.path
        .replace('{run}', run)
        .replace('{request}', request)
        .replace('{step}', 'change')
        .replace('{name}', 'runbook')
        .replace('{index}', '0')
        .replace('{token}', 'z'.repeat(16));
      const method = route.path.endsWith('/stream') ? 'HEAD' : route.method;
      const name = `${route.method} ${route.path}`;
      const body = bodies[name];
      const answer = await served.call(`${method} ${path}`, { token, body, headers });
      const isHead = method === 'HEAD';
      expect.soft([name, verdict(isHead, answer)]).toEqual([name, expected(route, isHead)]);
      expect.soft(answer.status, name).toBeLessThan(500);
      expect.soft(token !== undefined && answer.text.includes(token), name).toBe(false);
    }

    /** What the table says, worked out a second time; the run is ana's. */
    function expected({ access, path }: Route, isHead: boolean): string {
      if (access === 'open') {
        return 'through';
      }
      if (!known) {
        return 'unauthenticated';
      }
      if (access === 'bearer') {
        return 'through';
      }
      const personal = (grant: string) => grant === 'decide' || grant === 'admin';
      const usable = access.filter(
        (grant) =>
          scopes.includes(grant === 'start:own' ? 'start' : grant) &&
          !(machine === true && personal(grant)),
      );
      if (usable.length === 0) {
        return machine === true && access.every(personal) ? 'agent_decides' : refused(isHead);
      }
      const own = usable.every((grant) => grant === 'start:own') && path.includes('{run}');
      return !own ? 'through' : scopes.includes('read') ? refused(isHead) : 'unknown';
    }
  });
});

/** The answer to a HEAD has no words. */
const refused = (isHead: boolean) => (isHead ? 'refused' : 'scope_missing');

function verdict(isHead: boolean, { status, json }: Answer): string {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return isHead ? 'refused' : perhaps(pick(json, 'code'));
    case 404:
      return isHead || pick(json, 'code') === 'run_unknown' ? 'unknown' : 'through';
    default:
      return 'through';
  }
}

/** Further in, the engine refuses for reasons of its own. */
function perhaps(code: unknown): string {
  return code === 'agent_decides' || code === 'scope_missing' ? code : 'through';
}

function holding(holder: TokenHolder, scopes: readonly Scope[]): Kind {
  return {
    name: `a token of ${holder.kind} ${holder.id} with ${scopes.join(', ')}`,
    show: (served) => served.token(holder, scopes),
    scopes,
    known: true,
    ...(holder.kind === 'person' ? {} : { machine: true }),
  };
}

async function expired(served: Served): Promise<string> {
  const secret = await served.token(robin, ['start', 'read', 'decide', 'admin']);
  served.scene.clock.shift(7_200_000);
  return secret;
}

async function revoked(served: Served): Promise<string> {
  const service = served.scene.service();
  const issued = await service.issueToken({
    holder: robin,
    scopes: ['start', 'read', 'decide', 'admin'],
    label: null,
    expiresInMs: 3_600_000,
  });
  await service.revokeToken(issued.token);
  return issued.secret;
}
