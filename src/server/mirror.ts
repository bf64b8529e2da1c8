import type { Hono } from 'hono';
import type { Door } from '../witness/door.ts';
import { admission, type Gate } from './admission.ts';
import { type Env, otherRoute } from './route.ts';
import type { Site } from './site.ts';

const prefix = '/mirror/';

/**
 * Where other hosts' journals are remembered and kept. Who may write, their own signatures say, and whoever
 * is refused is counted as a stranger; what is kept is read with a token, like this host's own journal.
 */
export function mountMirror(app: Hono<Env>, site: Site, of: { door: Door; gate: Gate }): void {
  const { door, gate } = of;
  const answer = (request: Request): Promise<Response> =>
    door(new URL(request.url).pathname.slice(prefix.length), request);
  for (const call of ['add-checkpoint', 'add-entries']) {
    app.post(`${prefix}${call}`, async (context) => {
      context.set('route', `${prefix}${call}`);
      const said = await answer(context.req.raw);
      // Standing elsewhere is how the two find each other.
      if (said.status >= 400 && said.status < 500 && said.status !== 409) {
        gate.chargeStranger(context);
      }
      return said;
    });
  }
  const reading = otherRoute({
    method: 'GET',
    path: `${prefix}{path}`,
    access: ['read'],
    summary: 'A file of a journal that is kept here, as C2SP tlog-tiles has it',
    mediaType: 'application/octet-stream',
    handle: ({ context }) => answer(context.req.raw),
  });
  app.get(`${prefix}*`, admission(site, gate)(reading), (context) => answer(context.req.raw));
}
