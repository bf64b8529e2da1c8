import * as v from 'valibot';
import type { Clock } from '../../../base/clock.ts';
import type { JsonObject } from '../../../base/json.ts';
import { openPace } from '../../cards/pace.ts';
import { type Attempt, openRateLimit } from '../../cards/rate-limit.ts';
import { readRetryAfter } from '../../webhooks/backoff.ts';
import { type Answered, ask, teamsError } from './ask.ts';
import type { Conversation, TeamsApi, TeamsMember } from './teams-api.ts';
import type { AppToken } from './token.ts';

export interface ConnectorOptions {
  readonly clock: Clock;
  /** Null sends none, which only a test may. */
  readonly token: AppToken | null;
  /** Whether our token may go to this service. */
  readonly isService: (url: string) => boolean;
  /** How long one call may wait for a rate limit to pass. */
  readonly patienceMs: number;
  /** Between two messages to one conversation; Teams takes some sixty in half a minute. */
  readonly paceMs?: number;
}

/** The Bot Connector over `fetch`. */
export function openConnector(options: ConnectorOptions): TeamsApi {
  const call = openCall(options);
  const turn = openPace(options.paceMs ?? 1_000);
  const send = async (to: Conversation, rest: string, activity: JsonObject): Promise<string> => {
    await turn(to.conversation);
    return read(posted, await call({ method: 'POST', to, path: rest, body: activity })).id;
  };
  return {
    authenticate: async () => {
      await options.token?.get();
    },
    post: async (to, activity) => ({
      service_url: to.service_url,
      conversation: to.conversation,
      activity: await send(to, '/activities', activity),
    }),
    update: async (to, activity) => {
      const path = `/activities/${encodeURIComponent(to.activity)}`;
      await call({ method: 'PUT', to, path, body: activity });
    },
    reply: async (to, activity) => {
      const path = `/activities/${encodeURIComponent(to.activity)}`;
      await send({ ...to, conversation: threadOf(to) }, path, activity);
    },
    member: async (to, id) => {
      const path = `/members/${encodeURIComponent(id)}`;
      return toMember(read(member, await call({ method: 'GET', to, path })));
    },
    look: async (to) => {
      await call({ method: 'GET', to, path: '/pagedmembers?pageSize=1' });
    },
  };
}

/** Only a channel has threads, and only a channel's id looks so. */
function threadOf({ conversation, activity }: { conversation: string; activity: string }): string {
  return conversation.includes('@thread.tacv2') || conversation.includes('@thread.skype')
    ? `${conversation};messageid=${activity}`
    : conversation;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly to: Conversation;
  /** Behind the conversation's address. */
  readonly path: string;
  readonly body?: JsonObject;
}

/** One call, its rate limit waited out; a token that was refused is changed once. */
function openCall({
  clock,
  token,
  isService,
  patienceMs,
}: ConnectorOptions): (call: Call) => Promise<unknown> {
  const limited = openRateLimit('Teams', patienceMs);
  return async (call) => {
    const { service_url: service, conversation } = call.to;
    if (!isService(service)) {
      throw teamsError('service_not_allowed', false);
    }
    const base = service.replace(/\/$/, '');
    const url = `${base}/v3/conversations/${encodeURIComponent(conversation)}${call.path}`;
    const attempt = async (): Promise<Answered> => ask(url, initOf(call, await token?.get()));
    return limited(conversation, async () => {
      const first = await attempt();
      if (first.status !== 401 || token === null) {
        return judge(first, clock);
      }
      token.drop();
      return judge(await attempt(), clock);
    });
  };
}

function initOf({ method, body }: Call, token: string | undefined): RequestInit {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

/** Where Teams does not say how long: a little, as it counts by the second. */
const limitMs = 2_000;

const failure = v.object({
  error: v.object({ code: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,80}$/)) }),
});

/** Without the answer as its cause: it may hold whole messages. */
function judge({ status, headers, body }: Answered, clock: Clock): Attempt<unknown> {
  if (status >= 200 && status < 300) {
    return { kind: 'done', result: body };
  }
  if (status === 429) {
    const asked = headers.get('retry-after') ?? undefined;
    return { kind: 'limited', afterMs: readRetryAfter(asked, clock.now().wallMs) ?? limitMs };
  }
  const said = v.safeParse(failure, body);
  // 412: another change of the same message came in between (learn.microsoft.com, "Rate limiting").
  const passing = status >= 500 || status === 412;
  throw teamsError(said.success ? said.output.error.code : `http_${status}`, passing);
}

const posted = v.object({ id: v.pipe(v.string(), v.minLength(1), v.maxLength(500)) });

const absent = v.optional(v.nullable(v.string()), null);

const member = v.object({
  aadObjectId: absent,
  objectId: absent,
  tenantId: absent,
  userRole: absent,
});

/** Two names for one thing; where both stand there and differ, neither is believed. */
function toMember(said: v.InferOutput<typeof member>): TeamsMember {
  const { aadObjectId, objectId, tenantId: tenant, userRole: role } = said;
  const same = aadObjectId === null || objectId === null || aadObjectId === objectId;
  return { object: same ? (aadObjectId ?? objectId) : null, tenant, role };
}

/** An answer without what Teams promises is no answer. */
function read<T>(schema: v.GenericSchema<unknown, T>, answer: unknown): T {
  const result = v.safeParse(schema, answer);
  if (result.success) {
    return result.output;
  }
  throw teamsError('answer_unreadable', true);
}
