import { personOf } from '../approval/people/identity.ts';
import { resolveInitiator } from '../approval/people/initiator.ts';
import type { ChainLink, People } from '../approval/people/people.ts';
import { judgeToken, personalScopes, type Scope, type TokenIssued } from '../approval/token.ts';
import type { TokenRevoked } from '../run/events.ts';

/** Every token that the journal issued so far. Each answer says what is wrong; null where nothing is. */
export interface Tokens {
  /** `people`: as they are then. */
  issue(data: TokenIssued, people: People): string | null;
  revoke(data: TokenRevoked, time: string): string | null;
  /** Whether a decision came from whoever might decide with its token at that moment. */
  judge(decision: TokenUse): string | null;
  /** Whoever issued the token that this identity is (`token:…`); null for every other. */
  issuerOf(identity: string): string | null;
  /** Whether the tokens among the links let their bearers in at that moment, with all who stand behind them. */
  admit(entering: Entering): string | null;
}

/** The links of whoever started a run, or took it on. */
export interface Entering extends Pick<TokenUse, 'nowMs' | 'people'> {
  readonly links: readonly ChainLink[];
  /** The token carries at least one of them. */
  readonly scopes: readonly Scope[];
}

export interface TokenUse {
  /** Who the decision came from; only `token:…` is looked at. */
  readonly identity: string;
  /** In whose name. */
  readonly person: string;
  readonly nowMs: number;
  readonly people: People;
}

/** What the journal has said of a token by now. */
interface Known {
  readonly issued: TokenIssued;
  /** RFC 3339; null while it stands. */
  readonly revoked: string | null;
}

export function openTokens(): Tokens {
  const known = new Map<string, Known>();
  return {
    issue: (issued, people) => {
      if (known.has(issued.token)) {
        // The first entry stays: a second must not lift a revocation or change the holder.
        return `token ${issued.token} was issued before`;
      }
      known.set(issued.token, { issued, revoked: null });
      return wronglyIssued(issued) ?? wronglyLoggedIn(issued, people) ?? outliving(issued, known);
    },
    revoke: ({ token }, time) => {
      const before = known.get(token);
      if (before === undefined) {
        return `token ${token} was never issued`;
      }
      known.set(token, { ...before, revoked: before.revoked ?? time });
      return null;
    },
    judge: (use) => {
      if (!isToken(use.identity)) {
        return null;
      }
      const token = known.get(use.identity.slice('token:'.length));
      return token === undefined
        ? `it came with \`${use.identity}\`, which was never issued`
        : misused(token, use);
    },
    issuerOf: (identity) =>
      isToken(identity) ? (known.get(identity.slice('token:'.length))?.issued.by ?? null) : null,
    admit: (entering) =>
      entering.links
        .map(({ identity }) => identity)
        .filter(isToken)
        .map((identity) => {
          const token = known.get(identity.slice('token:'.length));
          return token === undefined
            ? `\`${identity}\` of its chain was never issued`
            : intruding(token, entering);
        })
        .find((wrong) => wrong !== null) ?? null,
  };
}

/** Tokens open the API and nothing else: a run has one behind it exactly where it was started there. */
export function whyOtherDoor(links: readonly ChainLink[], via: 'api' | undefined): string | null {
  const hasToken = links.some(({ identity }) => isToken(identity));
  if (hasToken === (via === 'api')) {
    return null;
  }
  return hasToken
    ? 'a token stands in its chain, but it was not started through the API'
    : 'it was started through the API, but no token stands in its chain';
}

function isToken(identity: string): boolean {
  return identity.startsWith('token:');
}

/** Whoever answers for the bearer stands in the chain too, or could approve what the bearer starts. */
function intruding({ issued, revoked }: Known, entering: Entering): string | null {
  const { token, holder } = issued;
  const { links, scopes, people } = entering;
  const life = judgeToken({ ...issued, revoked }, entering);
  if (life !== 'ok') {
    return life.message;
  }
  if (!scopes.some((scope) => issued.scopes.includes(scope))) {
    return `token \`${token}\` does not carry \`${scopes.join('` or `')}\``;
  }
  const missing = resolveInitiator(people, { token, holder }).chain.find(
    ({ identity, person }) =>
      !links.some((link) => link.identity === identity && link.person === person),
  );
  return missing === undefined
    ? null
    : `token \`${token}\` was issued to ${holder.kind} \`${holder.id}\`, but \`${missing.identity}\` (${missing.person ?? 'nobody'}) is not in the chain`;
}

/** Only people decide and administer, and no token gives that on to another. */
function wronglyIssued({ holder, scopes, by }: TokenIssued): string | null {
  const held = personalScopes(scopes).join(' and ');
  if (held === '') {
    return null;
  }
  if (holder.kind !== 'person') {
    return `${holder.kind} ${holder.id} cannot hold ${held}`;
  }
  return by.startsWith('token:') ? `\`${by}\` cannot give ${held} away` : null;
}

/** A login lets in whom it shows to be there, for what a login is for. */
function wronglyLoggedIn({ holder, scopes, by }: TokenIssued, people: People): string | null {
  if (!/^(oidc|passkey):/.test(by)) {
    return null;
  }
  if (scopes.includes('admin')) {
    return `\`${by}\` cannot give admin away`;
  }
  const person = personOf(people, by)?.name ?? null;
  return holder.kind === 'person' && holder.id === person
    ? null
    : `\`${by}\` is \`${person ?? 'nobody'}\`, but it was issued to ${holder.kind} \`${holder.id}\``;
}

/** Nor does one outlive the token that it was issued with. */
function outliving(
  { by, expires_at }: TokenIssued,
  known: ReadonlyMap<string, Known>,
): string | null {
  const issuer = isToken(by) ? known.get(by.slice('token:'.length)) : null;
  if (issuer === undefined) {
    return `\`${by}\`, which it was issued with, was never issued`;
  }
  return issuer === null || Date.parse(expires_at) <= Date.parse(issuer.issued.expires_at)
    ? null
    : `it holds until ${expires_at}, and \`${by}\` until ${issuer.issued.expires_at}`;
}

function misused({ issued, revoked }: Known, use: TokenUse): string | null {
  const { kind, id } = issued.holder;
  if (kind !== 'person' || id !== use.person) {
    return `it names \`${use.person}\`, but its token was issued to ${kind} \`${id}\``;
  }
  if (!issued.scopes.includes('decide')) {
    return `token \`${issued.token}\` does not carry \`decide\``;
  }
  const life = judgeToken({ ...issued, revoked }, use);
  return life === 'ok' ? null : life.message;
}
