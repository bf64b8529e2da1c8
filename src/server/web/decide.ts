import type { WebRoute } from './web-route.ts';

/** Decisions: by the session, a fresh login or a passkey. POST alone. */
export const decideRoutes: readonly WebRoute[] = [];
