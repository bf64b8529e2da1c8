import type { Hono } from 'hono';
import type { HttpEntrance } from '../channels/channel.ts';
import { sleep } from '../engine/wait.ts';
import { readBytes } from './read-body.ts';
import type { Env } from './route.ts';
import type { Site } from './site.ts';

const maxBytes = 1024 * 1024;
/** A chat gives up after 3 s and sends it again. */
const budgetMs = 3000;

/**
 * Where chats call us. Who calls is proven by a signature over the raw bytes, which the reception checks;
 * no token opens these and none is looked for.
 */
export function mountEntrances(app: Hono<Env>, { office }: Site): void {
  for (const { http } of office.receptions) {
    if (http !== null) {
      app.post(http.path, async (context) => {
        context.set('route', http.path);
        return answer(http, context.req.raw);
      });
    }
  }
}

async function answer(entrance: HttpEntrance, request: Request): Promise<Response> {
  const headers = Object.fromEntries(request.headers);
  const body = await readBytes(request, maxBytes);
  const over = new AbortController();
  const late = sleep(budgetMs, over.signal).then(() => null);
  const answered = await Promise.race([entrance.handle({ headers, body }), late]);
  over.abort();
  return answered === null
    ? new Response('too slow\n', { status: 503 })
    : new Response(answered.body, {
        status: answered.status,
        headers: { 'Content-Type': answered.contentType },
      });
}
