import * as v from 'valibot';
import { UsageError } from '../../base/errors.ts';
import type { OwnDecision } from '../../engine/service.ts';
import { ownDecisionBody } from '../../engine/wire/requests.ts';
import type { Visitor, WebVisit } from './web-route.ts';

/**
 * What a form asks for, whichever way it is to be shown who decides: the button that names a `way` and no
 * `decision` approves. Whoever approves in a protected environment has typed its name: checked here, for
 * every way. Throws UsageError `body_invalid`, `reason_missing`, `environment_not_typed`, and as
 * `describeRequest`.
 */
export async function readDecision(visit: WebVisit, visitor: Visitor): Promise<OwnDecision> {
  const { form } = visit;
  const request = requestOf(visit);
  const reason = form.get('reason')?.trim() ?? '';
  const asked = v.safeParse(ownDecisionBody, {
    hash: form.get('hash'),
    decision: form.get('decision') ?? (form.has('way') ? 'approve' : undefined),
    reason: reason === '' ? null : reason,
  });
  if (!asked.success) {
    throw new UsageError({
      code: 'body_invalid',
      message: 'the form does not say what is decided, or about what',
      hint: 'open the request again and decide there',
    });
  }
  if (asked.output.decision === 'reject' && reason === '') {
    throw new UsageError({
      code: 'reason_missing',
      message: 'whoever asked is told why: a no needs a reason',
      hint: 'write one',
    });
  }
  if (asked.output.decision === 'approve') {
    await needName({ visitor, request, typed: form.get('typed')?.trim() ?? '' });
  }
  return { ...asked.output, request, channel: 'web' };
}

/** The request that a path names. */
export function requestOf({ context }: WebVisit): string {
  return context.req.param('request') ?? '';
}

async function needName(given: {
  readonly visitor: Visitor;
  readonly request: string;
  readonly typed: string;
}): Promise<void> {
  const { content } = await given.visitor.service.describeRequest(given.request);
  const { environment, protected: isProtected } = content.target;
  if (isProtected && given.typed !== environment) {
    const typed = given.typed === '' ? 'nothing was typed' : `\`${given.typed}\` was typed`;
    throw new UsageError({
      code: 'environment_not_typed',
      message: `\`${environment}\` is protected, and ${typed} where its name belongs`,
      hint: `type \`${environment}\``,
    });
  }
}
