import type { People } from '../approval/people.ts';
import { judgeToken, personalScopes, type TokenIssued } from '../approval/token.ts';
import type { TokenRevoked } from '../run/events.ts';

/** Every token that the journal issued so far. Each answer says what is wrong; null where nothing is. */
export interface Tokens {
  issue(data: TokenIssued): string | null;
  revoke(data: TokenRevoked, time: string): string | null;
  /** Whether a decision came from whoever might decide with its token at that moment. */
  judge(decision: TokenUse): string | null;
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
    issue: (issued) => {
      if (known.has(issued.token)) {
        // The first entry stays: a second must not lift a revocation or change the holder.
        return `token ${issued.token} was issued before`;
      }
      known.set(issued.token, { issued, revoked: null });
      return wronglyIssued(issued);
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
      if (!use.identity.startsWith('token:')) {
        return null;
      }
      const token = known.get(use.identity.slice('token:'.length));
      return token === undefined
        ? `it came with \`${use.identity}\`, which was never issued`
        : misused(token, use);
    },
  };
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
