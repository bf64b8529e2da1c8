import type { WebRoute } from './web-route.ts';

/** What waits for whoever is logged in. */
export const inboxRoutes: readonly WebRoute[] = [];
