import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** One call of Slack's Web API. */
export interface WebCall {
  readonly method: string;
  readonly args: Readonly<Record<string, string>>;
}

/** Slack's Web API as far as somebody who only receives needs it; what it answers can be changed. */
export interface SlackWeb {
  /** For `api`, with its slash. */
  readonly url: string;
  readonly calls: WebCall[];
  /** Answers by method; a user's by `users.info/U0ROBIN`. */
  readonly answers: Map<string, object>;
  /** What was said to nobody but this user, in order. */
  whispers(user: string): readonly string[];
  views(): readonly Readonly<Record<string, unknown>>[];
}

export async function openSlackWeb(): Promise<SlackWeb> {
  const calls: WebCall[] = [];
  const answers = new Map<string, object>([
    ['auth.test', { ok: true, team_id: 'T0TEAM', user_id: 'U0BOT', bot_id: 'B0BOT' }],
    ['bots.info', { ok: true, bot: { id: 'B0BOT', app_id: 'A0APP' } }],
    ...['ROBIN', 'KIM', 'ANA', 'NEW'].map((name): [string, object] => [
      `users.info/U0${name}`,
      aUser(`U0${name}`),
    ]),
  ]);
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const method = (request.url ?? '').split('/').at(-1) ?? '';
      const args = Object.fromEntries(new URLSearchParams(body));
      calls.push({ method, args });
      const answer = answers.get(`${method}/${args['user'] ?? ''}`) ?? answers.get(method);
      response.setHeader('content-type', 'application/json');
      const unknown =
        method === 'users.info' ? { ok: false, error: 'user_not_found' } : { ok: true };
      response.end(JSON.stringify(answer ?? unknown));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/`,
    calls,
    answers,
    whispers: (user) =>
      calls
        .filter(({ method, args }) => method === 'chat.postEphemeral' && args['user'] === user)
        .map(({ args }) => args['text'] ?? ''),
    views: () =>
      calls
        .filter(({ method }) => method === 'views.open')
        .map(({ args }) => JSON.parse(args['view'] ?? '{}') as Record<string, unknown>),
  };
}

/** `users.info` of a full member, with what is odd about this one. */
export function aUser(id: string, odd: object = {}): object {
  return {
    ok: true,
    user: {
      id,
      team_id: 'T0TEAM',
      name: id.toLowerCase(),
      real_name: `Member ${id}`,
      deleted: false,
      is_bot: false,
      is_restricted: false,
      is_ultra_restricted: false,
      is_email_confirmed: true,
      profile: { email: `${id.toLowerCase()}@example.com` },
      ...odd,
    },
  };
}
