import { sanitizeLine } from '../base/sanitize.ts';
import type { Service } from '../engine/service.ts';
import type { Cli } from './cli.ts';
import { confirmOwn } from './confirm-decision.ts';
import type { DecideInput } from './decide.ts';
import { showProvenCard } from './proven-card.ts';
import { keyMissing, refuseAgent } from './signing.ts';
import { tellDecision } from './tell-decision.ts';

/**
 * Decides by the caller's login alone: the server attests who it was, nobody signs. What is decided about
 * is proven and shown as for a signature, and named by its hash, so that a server cannot show one request
 * and record a decision about another. Throws UsageError `key_missing` where the login may not decide.
 */
export async function decideAsMyself(
  cli: Cli,
  input: DecideInput,
  command: string,
): Promise<number> {
  refuseAgent(cli);
  const service = await cli.openService();
  const { scopes } = await service.me();
  if (!scopes.includes('decide')) {
    throw keyMissing(command, await pageHint(service, input.request));
  }
  const approver = await cli.openApprover();
  const proven = await approver.read((seen) => service.review(input.request, seen));
  const content = showProvenCard(cli, proven);
  await confirmOwn(cli, content, input);
  const { decision, reason = null } = input;
  const own = { request: content.id, hash: proven.leafHash, decision, reason };
  return tellDecision(cli, await service.decideAsMyself(own), null);
}

/** Nothing where the server names no page, or this login may not even read the request. */
async function pageHint(service: Service, request: string | null): Promise<string | undefined> {
  const found = await service.describeRequest(request).catch(() => null);
  return found?.url === undefined ? undefined : `or on the page: ${sanitizeLine(found.url)}`;
}
