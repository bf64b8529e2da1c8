import { html } from '../../pages/html.ts';
import type { WebRoute } from './web-route.ts';

/** Runs, and one run with its output as it comes. */
export const runRoutes: readonly WebRoute[] = [
  {
    method: 'GET',
    path: '/runs',
    access: 'person',
    handle: async ({ page }) => page({ title: 'Runs', main: html`<h1>Runs</h1>` }),
  },
];
