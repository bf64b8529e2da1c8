import type { RequestDetail } from '../../engine/reports.ts';
import type { FormProblem } from '../../pages/decision-view.ts';
import { layoutRequest } from '../../pages/request.ts';
import { requestOf } from './asked-decision.ts';
import { usableOn } from './own-passkeys.ts';
import type { Visitor, WebRoute, WebVisit } from './web-route.ts';

/** One request, whole: card, differences, plan, proof, and the form that decides. */
export const requestRoutes: readonly WebRoute[] = [
  {
    method: 'GET',
    path: '/requests/:request',
    access: 'person',
    handle: async (visit, visitor) => {
      const name = requestOf(visit);
      const detail = await visitor.service.describeRequest(name);
      const { id } = detail.content;
      // By its words, or by how they or its id begin, as every command takes them.
      return id === name
        ? showRequest(visit, visitor, { detail })
        : visit.seeOther(`/requests/${id}`);
    },
  },
];

interface Shown {
  readonly detail: RequestDetail;
  /** Why the form that was sent decides nothing. */
  readonly problem?: FormProblem;
}

export async function showRequest(
  { web, page }: WebVisit,
  visitor: Visitor,
  { detail, ...sent }: Shown,
): Promise<Response> {
  const { service } = visitor;
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
    ...sent,
  });
  const status = sent.problem === undefined ? 200 : 400;
  return page({ title: `${runbook.name}: ${step}`, main, status });
}
