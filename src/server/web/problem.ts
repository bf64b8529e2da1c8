import type { Context } from 'hono';
import type { RunbookError } from '../../base/errors.ts';
import { layoutPage } from '../../pages/layout.ts';
import { layoutProblem, problemTitle } from '../../pages/problem.ts';
import { type ErrorStatus, statusOf } from '../refusals.ts';
import type { Env } from '../route.ts';
import { assetPaths } from './assets.ts';

/** Whether a person looks at the answer: a browser says that it takes HTML, scripts and programs do not. */
export function wantsPage({ req }: Context<Env>): boolean {
  return !req.path.startsWith('/v1/') && /\btext\/html\b/.test(req.header('accept') ?? '');
}

/** An error, as a page. */
export function answerProblem(context: Context<Env>, error: RunbookError): Response {
  const status: ErrorStatus = statusOf(error);
  const { code, message, hint = null } = error;
  const visitor = context.get('visitor');
  const { path } = context.req;
  const frame = { title: problemTitle(status), visitor, assets: assetPaths(), path };
  return context.html(layoutPage(frame, layoutProblem({ status, code, message, hint })), status);
}
