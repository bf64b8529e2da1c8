import type { Context } from 'hono';
import { doctorAnswer, type HealthAnswer, healthAnswer, meAnswer } from '../engine/wire/about.ts';
import { json } from '../engine/wire/values.ts';
import { type Env, jsonRoute, openRoute, otherRoute, type Route } from './route.ts';
import type { Site } from './site.ts';

/** `openApi` is told at the end: it describes these routes, too. */
export function aboutRoutes(openApi: () => unknown): readonly Route[] {
  return [
    openRoute({
      path: '/healthz',
      summary: 'The process answers',
      answer: healthAnswer,
      handle: async (site, context) => context.json(healthOf(site), 200),
    }),
    openRoute({
      path: '/readyz',
      summary:
        'It drives runs and takes calls; 503 while not. A reception that is down only degrades it',
      answer: healthAnswer,
      handle: async (site, context) => answerReady(healthOf(site), context),
    }),
    openRoute({
      path: '/v1/openapi.json',
      summary: 'This description',
      answer: json,
      handle: async (_site, context) => context.json(openApi(), 200),
    }),
    otherRoute({
      method: 'GET',
      path: '/metrics',
      access: ['read'],
      summary: 'Metrics for Prometheus',
      mediaType: 'text/plain',
      handle: async ({ site, context }) => {
        const { type, text } = await site.metrics.render();
        return context.body(text, 200, { 'Content-Type': type });
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/me',
      access: 'bearer',
      summary: 'Who the server takes the caller for',
      answer: meAnswer,
      handle: async ({ service }) => service.me(),
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/doctor',
      access: ['read'],
      summary: 'Whether everything is in place',
      answer: doctorAnswer,
      handle: async ({ service }) => ({ findings: await service.doctor() }),
    }),
  ];
}

/** What an unknown caller is told: names and words, no content. */
function healthOf(site: Site): HealthAnswer {
  const receptions = site.office.receptions.map((reception) => ({
    name: reception.name,
    ...reception.health(),
  }));
  return { status: statusOf(site, receptions), receptions };
}

function statusOf(site: Site, receptions: readonly { ok: boolean }[]): HealthAnswer['status'] {
  if (site.stopping.aborted) {
    return 'stopping';
  }
  if (!site.working()) {
    return 'starting';
  }
  return receptions.every(({ ok }) => ok) ? 'ok' : 'degraded';
}

/** Slack being down must not take the API away, through which decisions still come. */
const takesCalls: ReadonlySet<HealthAnswer['status']> = new Set(['ok', 'degraded']);

function answerReady(health: HealthAnswer, context: Context<Env>): Response {
  return context.json(health, takesCalls.has(health.status) ? 200 : 503);
}
