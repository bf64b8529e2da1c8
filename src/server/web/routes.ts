import { accountRoutes } from './account.ts';
import { decideRoutes } from './decide.ts';
import { inboxRoutes } from './inbox.ts';
import { invitedRoutes } from './invited.ts';
import { journalRoutes } from './journal.ts';
import { loginRoutes } from './login.ts';
import { requestRoutes } from './request.ts';
import { runRoutes } from './runs.ts';
import type { WebRoute } from './web-route.ts';

/** Every page, and everything that a form or the script does: the one table. */
export const webRoutes: readonly WebRoute[] = [
  ...loginRoutes,
  ...accountRoutes,
  ...invitedRoutes,
  ...inboxRoutes,
  ...requestRoutes,
  ...decideRoutes,
  ...runRoutes,
  ...journalRoutes,
];
