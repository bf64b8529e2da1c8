import { resolveInitiator } from '../approval/people/initiator.ts';
import type { ChainLink, Initiator, People } from '../approval/people/people.ts';
import { refusalFor } from '../approval/people/refusal.ts';
import { DeniedError } from '../base/errors.ts';
import { decidersOf } from '../run/deciders.ts';
import type { RunState } from '../run/state.ts';
import type { Engine } from './engine.ts';
import { hasPrivileged } from './resume-run.ts';

/**
 * Who says that a manual step is done: a person, whatever account they came from. Where nothing is gated,
 * also an account that maps to nobody, and the journal names it as such. Throws DeniedError
 * `agent_does_manual`, `initiator_unknown`.
 */
export function doerOf(
  engine: Pick<Engine, 'caller'>,
  { people, state }: { readonly people: People; readonly state: RunState },
): ChainLink {
  const initiator = resolveInitiator(people, engine.caller);
  const machine = initiator.chain.find(({ role }) => role === 'agent' || role === 'ci');
  if (machine !== undefined || initiator.kind === 'agent' || initiator.kind === 'ci') {
    throw new DeniedError({
      code: 'agent_does_manual',
      message: `\`${machine?.identity ?? initiator.kind}\` cannot say that a manual step is done: that takes a person`,
      hint: 'a person runs `runbook done` in a session of their own',
    });
  }
  const refusal = refusalFor(people, initiator.chain);
  if (refusal !== null && hasPrivileged(state)) {
    throw new DeniedError({
      code: 'initiator_unknown',
      message: refusal.message,
      hint: 'somebody says so from an account that is theirs alone in `people.yaml`, or with a token of theirs; what was signed for the run does not say who does its manual steps',
    });
  }
  return ownLink(initiator);
}

/**
 * Whoever proved who they are. On whose behalf somebody acts is a claim of theirs, and so is the variable
 * that `sudo` sets, but for root: whoever they name has done nothing.
 */
export function ownLink({ chain }: Initiator): ChainLink {
  const [first = { role: 'caller', identity: 'os:?', person: null }] = chain;
  const isRoot = first.identity.startsWith('os:root@');
  const proven = chain.filter(
    (link) => link === first || link.role === 'signer' || (isRoot && link.role === 'sudo'),
  );
  return (
    proven.find(({ role }) => role === 'signer') ??
    proven.find(({ person }) => person !== null) ??
    first
  );
}

/**
 * What is made of the values is theirs, too: whoever has decided in the run cannot give any. Throws
 * DeniedError `decider_gives_values`.
 */
export function refuseDecider(state: RunState, { person }: ChainLink): void {
  if (person !== null && decidersOf(state).includes(person)) {
    throw new DeniedError({
      code: 'decider_gives_values',
      message: `\`${person}\` decided in run \`${state.run}\` and cannot give values that it goes on with`,
      hint: 'somebody else does the step: whoever started the run, for one',
    });
  }
}
