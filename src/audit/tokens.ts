import { judgeToken, personalScopes, type TokenIssued } from '../approval/token.ts';
import type { Decided, Recorded, TokenRevoked } from '../run/events.ts';

/** What the journal has said of a token by now. */
interface Known {
  readonly issued: TokenIssued;
  /** RFC 3339; null while it stands. */
  readonly revoked: string | null;
}

/** Every token that the journal issued so far. Each answer says what is wrong, null where nothing is. */
export interface Tokens {
  issue(data: TokenIssued): string | null;
  revoke(data: TokenRevoked, time: string): string | null;
  /** Whether a decision that came with a token came from whoever may decide with it at that moment. */
  judge(
    entry: Recorded,
    data: Decided,
    people: Parameters<typeof judgeToken>[1]['people'],
  ): string | null;
}

export function openTokens(): Tokens {
  const known = new Map<string, Known>();
  return {
    issue: (issued) => {
      if (known.has(issued.token)) {
        // Whoever held it first keeps it: a second entry must not lift a revocation or change the holder.
        return `token ${issued.token} was issued before`;
      }
      known.set(issued.token, { issued, revoked: null });
      const held = personalScopes(issued.scopes);
      return issued.holder.kind === 'person' || held.length === 0
        ? null
        : `${issued.holder.kind} ${issued.holder.id} cannot hold ${held.join(' and ')}`;
    },
    revoke: ({ token }, time) => {
      const before = known.get(token);
      if (before === undefined) {
        return `token ${token} was never issued`;
      }
      known.set(token, { ...before, revoked: before.revoked ?? time });
      return null;
    },
    judge: (entry, data, people) => {
      const identity = data.attested?.identity ?? '';
      if (!identity.startsWith('token:')) {
        return null;
      }
      const token = known.get(identity.slice('token:'.length));
      return token === undefined
        ? `it came with \`${identity}\`, which was never issued`
        : misused(token, { person: data.person, nowMs: Date.parse(entry.time), people });
    },
  };
}

function misused(
  { issued, revoked }: Known,
  by: { readonly person: string } & Parameters<typeof judgeToken>[1],
): string | null {
  const { kind, id } = issued.holder;
  if (kind !== 'person' || id !== by.person) {
    return `it names \`${by.person}\`, but the token was issued to ${kind} \`${id}\``;
  }
  if (!issued.scopes.includes('decide')) {
    return `token \`${issued.token}\` does not carry \`decide\``;
  }
  const life = judgeToken({ ...issued, revoked }, by);
  return life === 'ok' ? null : life.message;
}
