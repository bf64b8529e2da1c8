import type { Context } from 'hono';
import type { Html } from '../../base/html.ts';
import type { Service } from '../../engine/service.ts';
import type { Login } from '../../login/login.ts';
import type { Bearing, Env } from '../route.ts';
import type { Site } from '../site.ts';
import type { PendingLogins } from './pending.ts';

/** What the pages work with beside what every route has. */
export interface Web {
  readonly site: Site;
  /** Where browsers see us, `https://runbook.example.com`: of cookies, redirects, passkeys. */
  readonly origin: string;
  /** Issuers that people can log in with; empty where none is configured. */
  readonly logins: readonly Login[];
  readonly pending: PendingLogins;
}

/** Somebody who is logged in: a person, by a session that is a token. */
export interface Visitor {
  readonly person: string;
  readonly bearing: Bearing;
  readonly service: Service;
  /** What every form of this session carries. */
  readonly csrf: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/**
 * One page, or one thing that a form or the script does. `anyone` needs no login; `person` sends those who
 * have none to `/login` and back. A POST has passed the checks against forgery (`csrf.ts`) before it is
 * handled, whoever it is open to; a GET changes nothing.
 */
export type WebRoute =
  | {
      readonly method: 'GET' | 'POST';
      /** As hono has it: `/requests/:request`. */
      readonly path: string;
      readonly access: 'anyone';
      handle(visit: WebVisit): Promise<Response>;
    }
  | {
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly access: 'person';
      handle(visit: WebVisit, visitor: Visitor): Promise<Response>;
    };

export interface WebVisit {
  readonly web: Web;
  readonly context: Context<Env>;
  /** Who is logged in, also on pages that are open to anyone. */
  readonly visitor: Visitor | null;
  /** Fields of a posted form, or keys of a JSON object from the script; empty for a GET. Text only. */
  readonly form: ReadonlyMap<string, string>;
  /** Answers with a page. */
  readonly page: (page: {
    readonly title: string;
    readonly main: Html;
    readonly status?: 200 | 400 | 403 | 404 | 409;
  }) => Response;
  /** Answers the script. */
  readonly json: (body: unknown) => Response;
  /** After a POST: the browser GETs this path. Another origin only for an issuer's login. */
  readonly seeOther: (to: string) => Response;
}
