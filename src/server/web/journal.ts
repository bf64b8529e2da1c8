import type { WebRoute } from './web-route.ts';

/** The journal's newest entries, and a button that verifies it. */
export const journalRoutes: readonly WebRoute[] = [];
