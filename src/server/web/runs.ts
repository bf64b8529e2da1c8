import type { WebRoute } from './web-route.ts';

/** Runs, and one run with its output as it comes. */
export const runRoutes: readonly WebRoute[] = [];
