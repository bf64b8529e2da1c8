import { UsageError } from '../base/errors.ts';
import { version } from '../base/version.ts';
import { claimHeaders } from '../client/claims.ts';
import { type Connection, openConnection } from '../client/connection.ts';
import { remoteService } from '../client/remote-service.ts';
import type { ServerSettings } from '../client/settings.ts';
import { isToken, readToken } from '../client/token-file.ts';
import { userConfigDir } from '../config/paths.ts';
import type { Service } from '../engine/service.ts';
import type { Io } from './io.ts';

/** The server's service. RUNBOOK_TOKEN, else what `runbook login` kept, says who calls. */
export function openRemote(io: Io, server: ServerSettings): Service {
  const named = io.env['RUNBOOK_TOKEN'] ?? '';
  const token = named === '' ? readToken(userConfigDir(io.env), server.url) : named.trim();
  return openRemoteAs(io, server, token);
}

/**
 * As the bearer of this token, wherever it came from; null bears none, and every call says so. Throws
 * UsageError `token_malformed`, before anything quotes what it may be.
 */
export function openRemoteAs({ env }: Io, server: ServerSettings, token: string | null): Service {
  if (token !== null && !isToken(token)) {
    throw tokenMalformed();
  }
  const claims = claimHeaders(env);
  return remoteService(openConnection({ ...server, token, claims, program }));
}

/** For what a server tells anybody. */
export function connectAsNobody(server: ServerSettings): Connection {
  return openConnection({ ...server, token: null, asNobody: true, claims: {}, program });
}

const program = `runbook ${version}`;

function tokenMalformed(): UsageError {
  return new UsageError({
    code: 'token_malformed',
    message: 'that is no token: one begins with `rbk_` and has 47 characters',
    hint: '`runbook token create` prints one, once',
  });
}
