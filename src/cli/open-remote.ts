import { version } from '../base/version.ts';
import { claimHeaders } from '../client/claims.ts';
import { openConnection } from '../client/connection.ts';
import { remoteService } from '../client/remote-service.ts';
import type { ServerSettings } from '../client/settings.ts';
import { readToken } from '../client/token-file.ts';
import { userConfigDir } from '../config/paths.ts';
import type { Service } from '../engine/service.ts';
import type { Io } from './io.ts';

/** The server's service. RUNBOOK_TOKEN, else what `runbook login` kept, says who calls. */
export function openRemote(io: Io, server: ServerSettings): Service {
  const named = io.env['RUNBOOK_TOKEN'] ?? '';
  const token = named === '' ? readToken(userConfigDir(io.env), server.url) : named;
  return openRemoteAs(io, server, token);
}

/** As the bearer of this token, wherever it came from; null bears none, and every call says so. */
export function openRemoteAs({ env }: Io, server: ServerSettings, token: string | null): Service {
  const program = `runbook ${version}`;
  const claims = claimHeaders(env);
  return remoteService(openConnection({ ...server, token, claims, program }));
}
