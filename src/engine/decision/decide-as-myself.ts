import { DeniedError, UsageError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import { canonicalizeStrict } from '../../base/jcs.ts';
import type { RequestRow } from '../../store/rows.ts';
import type { Engine } from '../engine.ts';
import { findRequest } from '../find.ts';
import type { DecisionReport } from '../reports.ts';
import type { OwnDecision } from '../service.ts';
import { attestDecision } from './attest-decision.ts';

/**
 * Decides as the person whom the caller's token was issued to. Whoever calls names the request and the
 * hash of what they saw, so that words which have come to mean another request decide nothing. Throws as
 * `attestDecision`, and DeniedError `not_a_person`, `agent_decides`, UsageError `other_request`.
 */
export async function decideAsMyself(engine: Engine, input: OwnDecision): Promise<DecisionReport> {
  const token = personsToken(engine);
  await findMeant(engine, input);
  const { hash, decision, reason, channel = 'api' } = input;
  return attestDecision(engine, {
    request: hash,
    decision,
    reason,
    identity: `token:${token}`,
    matchedBy: null,
    event: newNonce(),
    // What was asked, and never the secret it was asked with.
    raw: Buffer.from(
      canonicalizeStrict({ channel, decision, hash, reason, request: input.request, token }),
    ),
    channel,
  });
}

/** The request that is named, where it has the hash of what the caller saw. Throws UsageError `other_request`. */
export async function findMeant(
  engine: Engine,
  { request, hash }: Pick<OwnDecision, 'request' | 'hash'>,
): Promise<RequestRow> {
  const row = await findRequest(engine, request);
  const meant = await engine.store.requestByHash(hash);
  if (meant?.request !== row.request) {
    throw new UsageError({
      code: 'other_request',
      message: `\`${request}\` is request \`${row.request}\`, which has another hash than \`${hash}\``,
      hint: 'look at it again: `runbook review`',
    });
  }
  return row;
}

/**
 * The id of the caller's token, where a person holds it and nothing says that somebody else is calling.
 * Throws DeniedError `not_a_person`, `agent_decides`.
 */
export function personsToken({ caller }: Engine): string {
  if (caller.agent !== undefined || caller.ci !== undefined) {
    throw agentDecides('an agent or a job calls');
  }
  if (caller.onBehalfOf !== undefined) {
    throw agentDecides(`the call is made for \`${caller.onBehalfOf}\``);
  }
  if (!('holder' in caller)) {
    throw new DeniedError({
      code: 'not_a_person',
      message:
        'an account of this machine decides by signing: only a token says which person calls',
      hint: 'sign with `--key FILE` or `--ssh-agent`',
    });
  }
  if (caller.holder.kind !== 'person') {
    throw agentDecides(`the token is of ${caller.holder.kind} \`${caller.holder.id}\``);
  }
  return caller.token;
}

function agentDecides(why: string): DeniedError {
  return new DeniedError({
    code: 'agent_decides',
    message: `${why}, and only people decide, for themselves`,
    hint: 'ask a person to decide',
  });
}
