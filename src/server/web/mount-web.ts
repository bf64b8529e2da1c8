import type { Context, Hono } from 'hono';
import { LoginError } from '../../base/errors.ts';
import { layoutPage } from '../../pages/layout.ts';
import type { Gate } from '../admission.ts';
import type { Env } from '../route.ts';
import { assetPaths, mountAssets } from './assets.ts';
import { refuseForged } from './csrf.ts';
import { canonicalUrl } from './origin.ts';
import { wantsPage } from './problem.ts';
import { readForm } from './read-form.ts';
import { webRoutes } from './routes.ts';
import { findVisitor } from './visitor.ts';
import type { Visitor, Web, WebRoute, WebVisit } from './web-route.ts';

/** Mounts every page. What is refused is shown as a page to people, and as JSON to the script. */
export function mountWeb(app: Hono<Env>, web: Web, gate: Gate): void {
  mountAssets(app);
  for (const route of webRoutes) {
    app.on(route.method, route.path, async (context) => {
      context.set('route', route.path);
      const elsewhere = canonicalUrl(context.req.url, web.origin);
      return elsewhere !== null && route.method === 'GET' && wantsPage(context)
        ? context.redirect(elsewhere, 302)
        : admit({ route, context, web, gate });
    });
  }
}

interface Arrival {
  readonly route: WebRoute;
  readonly context: Context<Env>;
  readonly web: Web;
  readonly gate: Gate;
}

/** A session is counted by its token, everybody else by their address. */
async function admit(arrival: Arrival): Promise<Response> {
  const { context, web, gate } = arrival;
  const visitor = await findVisitor(context, web);
  if (visitor === null) {
    gate.chargeStranger(context);
    return answer(arrival, null);
  }
  context.set('visitor', visitor);
  const leave = gate.enter(visitor.bearing.caller.token);
  try {
    return await answer(arrival, visitor);
  } finally {
    leave();
  }
}

async function answer(arrival: Arrival, visitor: Visitor | null): Promise<Response> {
  const { route, context, web } = arrival;
  const form = route.method === 'POST' ? await readPost(arrival, visitor) : new Map();
  const visit = openVisit({ web, context, visitor, form });
  if (route.access === 'anyone') {
    return route.handle(visit);
  }
  return visitor === null ? sendToLogin(visit) : route.handle(visit, visitor);
}

async function readPost(
  { context, web }: Arrival,
  visitor: Visitor | null,
): Promise<ReadonlyMap<string, string>> {
  const request = context.req.raw;
  const form = await readForm(request);
  refuseForged({
    headers: request.headers,
    origin: web.origin,
    expected: visitor?.csrf ?? null,
    given: form.get('csrf') ?? null,
  });
  return form;
}

/** Whoever opens a page comes back to it; what somebody was about to do is not done behind a login. */
function sendToLogin(visit: WebVisit): Response {
  const { req } = visit.context;
  if (req.method !== 'POST' && wantsPage(visit.context)) {
    return visit.seeOther(`/login?to=${encodeURIComponent(req.path)}`);
  }
  throw new LoginError({
    code: 'session_over',
    message: 'nobody is logged in here, or the session has ended: nothing was done',
    hint: 'log in, and do it again',
  });
}

function openVisit(
  of: Pick<WebVisit, 'web' | 'context' | 'form'> & { readonly visitor: Visitor | null },
): WebVisit {
  const { context, visitor } = of;
  return {
    ...of,
    page: ({ title, main, status = 200 }) =>
      context.html(
        layoutPage({ title, visitor, assets: assetPaths(), path: context.req.path }, main),
        status,
      ),
    json: (body) => context.json(body as never),
    seeOther: (to) => context.redirect(to, 303),
  };
}
