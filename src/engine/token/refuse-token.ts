import { resolveInitiator } from '../../approval/people/initiator.ts';
import type { People } from '../../approval/people/people.ts';
import {
  isScope,
  personalScopes,
  personBehind,
  refusedLife,
  scopes,
} from '../../approval/token.ts';
import { DeniedError, UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { TokenInput } from '../service.ts';
import { findToken } from './find-token.ts';
import { proveToken } from './prove-token.ts';

/** Throws UsageError where there can be no such token, whoever asks: see `issueToken`. */
export function refuseUnfit(input: TokenInput, people: People): void {
  const { holder, scopes: given, label, expiresInMs } = input;
  if (given.length === 0 || !given.every(isScope)) {
    throw new UsageError({
      code: 'scopes_invalid',
      message: `a token has scopes of \`${scopes.join('`, `')}\`, not \`${given.join(',')}\``,
    });
  }
  const refused = refusedLife(expiresInMs);
  if (refused !== null) {
    throw new UsageError({ code: 'expiry_invalid', message: refused });
  }
  if (label !== null && label.length > longestLabel) {
    throw new UsageError({
      code: 'label_too_long',
      message: `a token's label has at most ${longestLabel} characters, not ${label.length}`,
    });
  }
  if (personBehind(people, holder) === null) {
    const flag = { person: '', agent: ` --agent ${holder.id}`, ci: ` --agent ci:${holder.id}` };
    throw new UsageError({
      code: 'holder_unknown',
      message:
        holder.kind === 'person'
          ? `there is no person \`${holder.id}\` in \`people.yaml\``
          : `nobody in \`people.yaml\` answers for ${holder.kind} \`${holder.id}\``,
      hint: `runbook people add ${holder.kind === 'person' ? holder.id : 'NAME'}${flag[holder.kind]}`,
    });
  }
}

const longestLabel = 200;

/**
 * Through the API nobody gives away what would let them be two people: `decide` or `admin` for somebody
 * else approves their own runs as that person, and `start` for somebody else starts what they then
 * approve as themselves. An agent or job on the server's own account gets no such token either. Throws
 * DeniedError `scope_forbidden`, `holder_forbidden`, `scope_missing`.
 */
export async function refuseForeign(
  engine: Engine,
  { holder, scopes: given }: TokenInput,
  people: People,
): Promise<void> {
  const { caller } = engine;
  const [personal] = personalScopes(given);
  const isRemote = 'holder' in caller;
  const { kind } = resolveInitiator(people, caller);
  const isMachine = kind === 'agent' || kind === 'ci';
  if (personal !== undefined && (holder.kind !== 'person' || isRemote || isMachine)) {
    throw new DeniedError({
      code: 'scope_forbidden',
      message:
        holder.kind === 'person'
          ? `\`${personal}\` is given away only by a person with the account that keeps the journal`
          : `only a person can hold \`${personal}\`, not ${holder.kind} \`${holder.id}\``,
      hint:
        holder.kind === 'person'
          ? `on the server: \`runbook token create --person ${holder.id} --scope ${given.join(',')}\``
          : 'leave the scope out',
    });
  }
  if (isRemote) {
    await refuseNoAdmin(engine);
    refuseOthers(people, holder, personBehind(people, caller.holder)?.name ?? null);
  }
}

function refuseOthers(people: People, holder: TokenInput['holder'], issuer: string | null): void {
  const behind = personBehind(people, holder)?.name ?? null;
  if (issuer === null || behind !== issuer) {
    throw new DeniedError({
      code: 'holder_forbidden',
      message: `\`${behind ?? 'nobody'}\` answers for ${holder.kind} \`${holder.id}\`, but \`${issuer ?? 'nobody'}\` asks for its token`,
      hint: `on the server: \`runbook token create --${holder.kind} ${holder.id}\``,
    });
  }
}

/** The account that keeps the journal may do all; the bearer of a token what its entry says. Throws DeniedError `scope_missing`. */
export async function refuseNoAdmin(engine: Engine): Promise<void> {
  const { caller, store } = engine;
  if (!('holder' in caller)) {
    return;
  }
  const own = await proveToken(store, await findToken(engine, caller.token));
  if (!own.scopes.includes('admin')) {
    throw new DeniedError({
      code: 'scope_missing',
      message: `token \`${caller.token}\` does not carry the scope \`admin\``,
      hint: `it carries \`${own.scopes.join('`, `')}\``,
    });
  }
}
