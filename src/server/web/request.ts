import type { WebRoute } from './web-route.ts';

/** One request, whole: card, differences, plan, proof. */
export const requestRoutes: readonly WebRoute[] = [];
