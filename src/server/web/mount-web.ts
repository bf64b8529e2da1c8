import type { Context, Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { layoutPage } from '../../pages/layout.ts';
import type { Env } from '../route.ts';
import { assets } from './assets.ts';
import { refuseForged } from './csrf.ts';
import { readForm } from './read-form.ts';
import { webRoutes } from './routes.ts';
import { findVisitor } from './visitor.ts';
import type { Visitor, Web, WebRoute, WebVisit } from './web-route.ts';

/** Mounts every page. What is refused is shown as a page, with what to do. */
export function mountWeb(app: Hono<Env>, web: Web): void {
  mountAssets(app);
  const strict = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      // A form that begins a login is answered with a redirect to the issuer.
      formAction: ["'self'", ...web.logins.map(({ origin }) => origin)],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-origin',
  });
  for (const route of webRoutes) {
    app.on(route.method, route.path, strict, async (context) => {
      context.set('route', route.path);
      return answer(route, context, web);
    });
  }
}

function mountAssets(app: Hono<Env>): void {
  for (const { path, body, type } of Object.values(assets())) {
    app.get(path, (context) => {
      context.set('route', '/assets');
      context.header('Content-Type', type);
      context.header('Cache-Control', 'public, max-age=31536000, immutable');
      return context.body(body);
    });
  }
}

async function answer(route: WebRoute, context: Context<Env>, web: Web): Promise<Response> {
  const visitor = await findVisitor(context, web);
  const request = context.req.raw;
  const form = route.method === 'POST' ? await readForm(request) : new Map<string, string>();
  if (route.method === 'POST') {
    refuseForged({
      headers: request.headers,
      origin: web.origin,
      expected: visitor?.csrf ?? null,
      given: form.get('csrf') ?? null,
    });
  }
  const visit = openVisit({ web, context, visitor, form });
  if (route.access === 'anyone') {
    return route.handle(visit);
  }
  return visitor === null ? sendToLogin(visit) : route.handle(visit, visitor);
}

function sendToLogin(visit: WebVisit): Response {
  const { pathname } = new URL(visit.context.req.url);
  return visit.seeOther(`/login?to=${encodeURIComponent(pathname)}`);
}

function openVisit(
  of: Pick<WebVisit, 'web' | 'context' | 'form'> & { readonly visitor: Visitor | null },
): WebVisit {
  const { context, visitor } = of;
  const { style, script } = assets();
  return {
    ...of,
    page: ({ title, main, status = 200 }) =>
      context.html(
        layoutPage({ title, visitor, assets: { style: style.path, script: script.path } }, main),
        status,
      ),
    json: (body) => context.json(body as never),
    seeOther: (to) => context.redirect(to, 303),
  };
}
