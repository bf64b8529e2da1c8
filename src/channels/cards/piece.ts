import { identitiesOf, personNamed } from '../../approval/people/identity.ts';
import type { People } from '../../approval/people/people.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { beginning } from './beginning.ts';

/** A piece of a line, as every chat can say it; each writes it in its own form. */
export type Piece =
  /** Our own words; what comes from outside is cut and made visible. */
  | { readonly kind: 'words'; readonly text: string }
  /** Set apart, so that it cannot pass for our own words. */
  | { readonly kind: 'data'; readonly text: string }
  /** Shown in each reader's own time zone, where the chat can. */
  | { readonly kind: 'moment'; readonly time: string }
  /** Who did something: by their account, where it is one of this chat's. */
  | { readonly kind: 'person'; readonly name: string; readonly identity: string | null }
  /** Who is called: by whichever of their identities is an account of this chat. */
  | { readonly kind: 'mention'; readonly name: string; readonly identities: readonly string[] };

export function words(text: string): Piece {
  return { kind: 'words', text };
}

export function data(text: string): Piece {
  return { kind: 'data', text };
}

export function moment(time: string): Piece {
  return { kind: 'moment', time };
}

/** Calls a person by name, wherever they have an account. */
export function mention(people: People, name: string): Piece {
  const person = personNamed(people, name);
  return {
    kind: 'mention',
    name: brief(name, 80),
    identities: person === null ? [] : identitiesOf(person),
  };
}

/**
 * Reasons and names are no part of what is approved: a long one must not push the command out of the
 * message. Cut after it was made visible, as that makes it longer.
 */
export function brief(text: string, most: number): string {
  return beginning(sanitizeLine(text.slice(0, 4 * most)), most);
}
