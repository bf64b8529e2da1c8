import { once } from 'node:events';
import type { Context, Hono } from 'hono';
import { RunbookError } from '../base/errors.ts';
import type { HttpEntrance } from '../channels/channel.ts';
import type { Charge } from './admission.ts';
import { readBytes } from './read-body.ts';
import type { Env } from './route.ts';
import type { Site } from './site.ts';

const maxBytes = 512 * 1024;
/** Nobody who calls here has shown anything yet: so many bodies of theirs may be in memory at a time. */
const maxBodies = 32;
/** A chat gives up after 3 s and sends it again. */
const budgetMs = 3000;

/**
 * Where chats call us. Who calls is proven by a signature over the raw bytes, which the reception checks;
 * no token opens these and none is looked for. What its headers rule out is refused unread, and whoever is
 * refused is counted as a stranger: a chat's own calls, even by the same proxy, are not.
 */
export function mountEntrances(app: Hono<Env>, { office }: Site, chargeStranger: Charge): void {
  const bodies = { open: 0 };
  for (const { http } of office.receptions) {
    if (http !== null) {
      app.post(http.path, async (context) => {
        context.set('route', http.path);
        const answer = await answerIn(budgetMs, (over) => receive(http, { context, bodies, over }));
        if (answer.status >= 400 && answer.status < 500) {
          chargeStranger(context);
        }
        return new Response(answer.body, {
          status: answer.status,
          headers: { 'Content-Type': answer.contentType },
        });
      });
    }
  }
}

type Answer = Awaited<ReturnType<HttpEntrance['handle']>>;

const notNow: Answer = { status: 503, body: 'not now\n', contentType: 'text/plain' };
const tooLarge: Answer = { status: 413, body: 'too large\n', contentType: 'text/plain' };

interface Visit {
  readonly context: Context<Env>;
  readonly bodies: { open: number };
  /** Aborts when it took too long. */
  readonly over: AbortSignal;
}

async function receive(entrance: HttpEntrance, { context, bodies, over }: Visit): Promise<Answer> {
  const request = context.req.raw;
  const headers = Object.fromEntries(request.headers);
  if (entrance.admits?.(headers) === false) {
    return entrance.handle({ headers, body: Buffer.alloc(0) });
  }
  if (bodies.open >= maxBodies) {
    return notNow;
  }
  bodies.open += 1;
  try {
    const body = await readBytes(request, maxBytes, over);
    return over.aborted ? notNow : await entrance.handle({ headers, body });
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'body_too_large') {
      return tooLarge;
    }
    throw error;
  } finally {
    bodies.open -= 1;
  }
}

async function answerIn(ms: number, work: (over: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const over = new AbortController();
  const timer = setTimeout(() => {
    over.abort();
  }, ms);
  const late = once(over.signal, 'abort').then(() => notNow);
  try {
    return await Promise.race([work(over.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
