import type { Hono } from 'hono';
import type { Env } from './route.ts';

/**
 * Where the links of cards and reports lead. Nobody is known here, so nothing of the request is shown, not
 * even whether there is one: the page says how to read it as oneself. It decides nothing, however it is called.
 */
export function mountRequestPage(app: Hono<Env>): void {
  app.get('/requests/:request{[0-9a-z]{16}}', (context) => {
    context.set('route', '/requests/{request}');
    return context.text(pageOf(context.req.param('request')), 200);
  });
}

function pageOf(request: string): string {
  return `A request for approval. Read it whole, and decide, in a session of your own:

  runbook review ${request}
  runbook approve ${request} --key ~/.ssh/id_ed25519
  runbook reject ${request} --key ~/.ssh/id_ed25519 --reason "why not"
`;
}
