import type { WebRoute } from './web-route.ts';

/** Passkeys of whoever is logged in, and enrolling one by a one-time link. */
export const accountRoutes: readonly WebRoute[] = [];
