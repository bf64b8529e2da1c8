import type { Context } from 'hono';
import type { RunbookError } from '../../base/errors.ts';
import { layoutPage } from '../../pages/layout.ts';
import { layoutProblem, problemTitle } from '../../pages/problem.ts';
import { type ErrorStatus, statusOf } from '../refusals.ts';
import type { Env } from '../route.ts';
import { assetPaths } from './assets.ts';
import { findVisitor } from './visitor.ts';
import { wayBack } from './way-back.ts';
import type { Web } from './web-route.ts';

/** Whether a person looks at the answer: a browser says that it takes HTML, scripts and programs do not. */
export function wantsPage({ req }: Context<Env>): boolean {
  return !req.path.startsWith('/v1/') && /\btext\/html\b/.test(req.header('accept') ?? '');
}

/** An error, as a page: with the way on that whoever is logged in has on every other. */
export async function answerProblem(
  context: Context<Env>,
  error: RunbookError,
  web: Web,
): Promise<Response> {
  const status: ErrorStatus = statusOf(error);
  const { code, message, hint = null } = error;
  // Where no page is, nobody has asked yet who looks. That nobody can be asked is no second error.
  const visitor = context.get('visitor') ?? (await findVisitor(context, web).catch(() => null));
  const { path } = context.req;
  const frame = { title: problemTitle(status), visitor, assets: assetPaths(), path };
  const back = cameFrom(context, web);
  const main = layoutProblem({ status, code, message, hint, back });
  return context.html(layoutPage(frame, main), status);
}

/** The page of ours that the call came from: where somebody goes on once they are logged in. */
function cameFrom({ req }: Context<Env>, { origin }: Web): string {
  const from = URL.parse(req.header('referer') ?? '');
  return from?.origin === origin ? wayBack(`${from.pathname}${from.search}`) : '/';
}
