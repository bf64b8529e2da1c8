import type { WebRoute } from './web-route.ts';

/** Logging in and out. */
export const loginRoutes: readonly WebRoute[] = [];
