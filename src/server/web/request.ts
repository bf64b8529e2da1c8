import { layoutRequest } from '../../pages/request.ts';
import { usableOn } from './own-passkeys.ts';
import type { Visitor, WebRoute, WebVisit } from './web-route.ts';

/** One request, whole: card, differences, plan, proof, and the form that decides. */
export const requestRoutes: readonly WebRoute[] = [
  {
    method: 'GET',
    path: '/requests/:request{[0-9a-z]{16}}',
    access: 'person',
    handle: async (visit, visitor) =>
      showRequest(visit, visitor, visit.context.req.param('request') ?? ''),
  },
];

/** Throws UsageError `request_unknown`. */
async function showRequest(visit: WebVisit, visitor: Visitor, name: string): Promise<Response> {
  const { web, page } = visit;
  const { service } = visitor;
  const detail = await service.describeRequest(name);
  const { id, run, runbook, step } = detail.content;
  const ways = await service.waysToDecide(id);
  const main = layoutRequest({
    detail,
    run: await service.status(run),
    proof: await service.review(id, null),
    ways: { ...ways, passkeys: usableOn(web, ways.passkeys) },
    visitor,
    logins: web.logins,
    nowMs: web.site.clock.now().wallMs,
  });
  return page({ title: `${runbook.name}: ${step}`, main });
}
