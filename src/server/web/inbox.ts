import { layoutInbox } from '../../pages/inbox.ts';
import type { WebRoute } from './web-route.ts';

/** Each is described whole: what somebody can still overlook on one page is enough. */
const most = { open: 50, over: 10 };

/** What waits for whoever is logged in. */
export const inboxRoutes: readonly WebRoute[] = [
  {
    method: 'GET',
    path: '/',
    access: 'person',
    handle: async ({ web, page }, { service, person }) => {
      const found = await service.requests(true, { limit: most.open + 1 });
      const open = found.slice(0, most.open);
      const isOpen = new Set(found.map(({ request }) => request));
      const newest = await service.requests(false, { limit: most.open + most.over });
      const over = newest.filter(({ request }) => !isOpen.has(request)).slice(0, most.over);
      const describe = ({ request }: { readonly request: string }) =>
        service.describeRequest(request);
      const main = layoutInbox({
        person,
        open: await Promise.all(open.map(describe)),
        isCut: found.length > open.length,
        over: await Promise.all(over.map(describe)),
        nowMs: web.site.clock.now().wallMs,
      });
      return page({ title: 'Inbox', main });
    },
  },
];
