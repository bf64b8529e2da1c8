import { chainPeople, resolveInitiator } from '../../approval/people/initiator.ts';
import type { ChainLink, People } from '../../approval/people/people.ts';
import { refusalFor, whyNoPerson } from '../../approval/people/refusal.ts';
import { DeniedError } from '../../base/errors.ts';
import { ownLink } from '../doer.ts';
import type { Engine } from '../engine.ts';

/** Who removes something for good. */
export interface Remover {
  /** Their own login, or the token they call with. */
  readonly link: ChainLink & { readonly person: string };
  /** Everybody who stands behind the call. */
  readonly people: readonly string[];
}

/**
 * Only a person removes, under their own name: an agent could tidy away what it was refused, and an account
 * that is nobody's would leave nobody to ask. Throws DeniedError `agent_decides`, `initiator_unknown`.
 */
export function removerOf({ caller }: Pick<Engine, 'caller'>, people: People): Remover {
  const initiator = resolveInitiator(people, caller);
  const machine = whyNoPerson(initiator);
  if (machine !== null) {
    throw new DeniedError({
      code: 'agent_decides',
      message: `${machine}: neither an agent nor a job removes anything from the journal`,
      hint: 'a person does, in a session of their own',
    });
  }
  const link = ownLink(initiator);
  const { person } = link;
  if (person === null || refusalFor(people, initiator.chain) !== null) {
    throw new DeniedError({
      code: 'initiator_unknown',
      message: `\`${link.identity}\` maps to no person in \`people.yaml\`, so nobody would answer for what is removed`,
      hint: 'somebody removes it from an account that is theirs alone in `people.yaml`',
    });
  }
  return { link: { ...link, person }, people: chainPeople(initiator) };
}
