import type { TokenCaller } from '../approval/people/initiator.ts';
import type { Scope } from '../approval/token.ts';
import { DeniedError, LoginError } from '../base/errors.ts';
import type { Office } from '../engine/office.ts';
import { readClaims } from './claims.ts';
import { scopeMissing } from './refusals.ts';
import type { Access, Bearing, Grant, Route } from './route.ts';

/** Who calls, by the header `Authorization: Bearer SECRET`. Throws LoginError, UsageError `claim_invalid`. */
export async function authenticate(
  office: Office,
  headers: Headers,
): Promise<Omit<Bearing, 'reach' | 'service'>> {
  const { caller, scopes } = await office.authenticate(readSecret(headers));
  return { caller: { ...caller, ...readClaims(headers) }, scopes };
}

/** How far this caller gets on this route. Throws DeniedError `agent_decides`, `scope_missing`. */
export function reachOf(
  route: Pick<Route, 'access' | 'method' | 'path'>,
  { caller, scopes }: Pick<Bearing, 'caller' | 'scopes'>,
): Bearing['reach'] {
  const { access } = route;
  if (access === 'open' || access === 'bearer') {
    return 'all';
  }
  const machine = isMachine(caller);
  const usable = access.filter(
    (grant) => scopes.includes(scopeOf(grant)) && !(machine && isPersonal(grant)),
  );
  if (usable.length > 0) {
    return usable.some((grant) => grant !== 'start:own') ? 'all' : 'own';
  }
  if (machine && access.every(isPersonal)) {
    throw new DeniedError({
      code: 'agent_decides',
      message: 'neither an agent nor a CI job decides or gives away tokens, whoever they speak for',
      hint: 'a person does, with a token or key of their own',
    });
  }
  throw scopeMissing(
    `\`${route.method} ${route.path}\` takes ${words(access)}; this token has ${held(scopes)}`,
  );
}

function readSecret(headers: Headers): string {
  const header = headers.get('authorization');
  const [, secret] = /^Bearer ([\w-]{1,200})$/i.exec(header ?? '') ?? [];
  if (secret === undefined) {
    throw new LoginError({
      code: 'token_missing',
      message:
        header === null
          ? 'the call carries no token'
          : 'the header `Authorization` is not `Bearer TOKEN`',
      hint: '`runbook login` keeps a token for this server, or set RUNBOOK_TOKEN',
    });
  }
  return secret;
}

/** Whoever carries the call: what a person must do themselves is not done by what acts for them. */
function isMachine({ holder, agent, ci }: TokenCaller): boolean {
  return holder.kind !== 'person' || agent !== undefined || ci !== undefined;
}

function isPersonal(grant: Grant): boolean {
  return grant === 'decide' || grant === 'admin';
}

function scopeOf(grant: Grant): Scope {
  return grant === 'start:own' ? 'start' : grant;
}

function words(access: Exclude<Access, string>): string {
  return access.map((grant) => `\`${scopeOf(grant)}\``).join(' or ');
}

function held(scopes: readonly Scope[]): string {
  return scopes.map((scope) => `\`${scope}\``).join(' and ') || 'none';
}
