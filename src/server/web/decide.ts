import { approvalNamespace } from '../../approval/statement/statement.ts';
import { UsageError } from '../../base/errors.ts';
import type { OwnDecision } from '../../engine/service.ts';
import type { FormProblem } from '../../pages/decision-view.ts';
import { layoutNeedsScript } from '../../pages/passkeys.ts';
import { readDecision, requestOf } from './asked-decision.ts';
import { freshLogin } from './fresh-login.ts';
import { signingPasskey, usablePasskeys } from './own-passkeys.ts';
import { wantsPage } from './problem.ts';
import { readAssertion } from './read-assertion.ts';
import { showRequest } from './request.ts';
import { sendToIssuer } from './to-issuer.ts';
import type { Visitor, WebRoute, WebVisit } from './web-route.ts';

/** Decisions: by the session, a fresh login or a passkey. POST alone. */
export const decideRoutes: readonly WebRoute[] = [
  { method: 'POST', path: '/requests/:request/decisions', access: 'person', handle: decide },
  { method: 'POST', path: '/requests/:request/statement', access: 'person', handle: prepare },
  { method: 'POST', path: '/requests/:request/signed', access: 'person', handle: recordSigned },
];

/** A form, as browsers send it by themselves. */
async function decide(visit: WebVisit, visitor: Visitor): Promise<Response> {
  try {
    return await decideAsked(visit, visitor, await readDecision(visit, visitor));
  } catch (error) {
    const field = error instanceof UsageError ? fields[error.code] : undefined;
    if (!(error instanceof UsageError) || field === undefined || !wantsPage(visit.context)) {
      throw error;
    }
    const { message } = error;
    const problem = { field, message, reason: visit.form.get('reason') ?? '' };
    const detail = await visitor.service.describeRequest(requestOf(visit));
    return showRequest(visit, visitor, { detail, problem });
  }
}

/** Where the form stands again, with what its sender wrote. */
const fields: Readonly<Record<string, FormProblem['field']>> = {
  reason_missing: 'reason',
  environment_not_typed: 'typed',
};

async function decideAsked(
  visit: WebVisit,
  visitor: Visitor,
  asked: OwnDecision,
): Promise<Response> {
  const { service } = visitor;
  // To say no, or to take a yes back, takes nothing but who they are.
  switch (visit.form.get('way') ?? 'session') {
    case 'session': {
      const { request } = await service.decideAsMyself(asked);
      return visit.seeOther(`/requests/${request}`);
    }
    case 'login': {
      const statement = await service.prepareDecision(asked);
      const { request } = asked;
      const begun = { kind: 'decision', request, statement } as const;
      return sendToIssuer(visit, freshLogin(visit, visitor, begun));
    }
    case 'passkey': {
      const back = `/requests/${encodeURIComponent(asked.request)}`;
      return visit.page({ title: 'Nothing was done', main: layoutNeedsScript(back) });
    }
    default:
      throw new UsageError({
        code: 'body_invalid',
        message: 'the form does not say how it is to be shown who decides',
        hint: 'open the request again and decide there',
      });
  }
}

/** What the visitor's passkey is to sign, and which of their passkeys can. */
async function prepare(visit: WebVisit, visitor: Visitor): Promise<Response> {
  const asked = await readDecision(visit, visitor);
  const statement = await visitor.service.prepareDecision(asked);
  const passkeys = await usablePasskeys(visit, visitor);
  const prepared = visit.web.pending.keep({
    kind: 'signature',
    session: visitor.bearing.caller.token,
    request: asked.request,
    statement,
  });
  return visit.json({ prepared, statement, credentials: passkeys.map((own) => own.credential) });
}

/**
 * The signature over what was prepared for this session, once. Who signed, and for what, the engine judges
 * as it does everywhere; that it was prepared here is why the form's questions were answered.
 */
async function recordSigned(visit: WebVisit, visitor: Visitor): Promise<Response> {
  const pending = visit.web.pending.take(visit.form.get('prepared') ?? '');
  if (
    pending?.kind !== 'signature' ||
    pending.session !== visitor.bearing.caller.token ||
    pending.request !== requestOf(visit)
  ) {
    throw new UsageError({
      code: 'statement_forgotten',
      message: 'this page did not ask for that signature, or it took longer than 10 minutes',
      hint: 'open the request again and decide there',
    });
  }
  const { public: publicKey } = await signingPasskey(visit, visitor);
  const { statement } = pending;
  const signature = readAssertion(visit, { publicKey, namespace: approvalNamespace });
  const { request } = await visitor.service.decide({ statement, signature }, 'web');
  return visit.json({ to: `/requests/${request}` });
}
