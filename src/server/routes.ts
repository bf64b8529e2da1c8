import { lazy } from '../base/lazy.ts';
import { aboutRoutes } from './about.ts';
import { auditRoutes } from './audit.ts';
import { breakGlassRoutes } from './break-glass.ts';
import { decisionRoutes } from './decisions.ts';
import { deviceLoginRoutes } from './device-login.ts';
import { grantRoutes } from './grants.ts';
import { linkRoutes } from './links.ts';
import { describeApi } from './openapi.ts';
import { requestRoutes } from './requests.ts';
import type { Route } from './route.ts';
import { runbookRoutes } from './runbooks.ts';
import { runRoutes } from './runs.ts';
import { tokenRoutes } from './tokens.ts';

/** Everything that the API does, and who may: the one table. */
export const routes: readonly Route[] = [
  ...aboutRoutes(lazy(() => describeApi(routes))),
  ...runbookRoutes,
  ...runRoutes,
  ...requestRoutes,
  ...decisionRoutes,
  ...grantRoutes,
  ...breakGlassRoutes,
  ...auditRoutes,
  ...deviceLoginRoutes,
  ...tokenRoutes,
  ...linkRoutes,
];
