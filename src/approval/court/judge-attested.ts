import * as v from 'valibot';
import { personNamed, personOf } from '../people/identity.ts';
import type { People, Person } from '../people/people.ts';
import { parseStatement, type Statement } from '../statement/statement.ts';
import { attestedSchema } from '../statement/statement-schema.ts';
import { conflictOf } from '../tally/eligible.ts';
import type { Attested, AttestedStatement } from './attested.ts';
import { type Court, orRefused, type Refused, refuseDecider, refused } from './court.ts';
import { nobody, ownerOf } from './owner-of.ts';

/** What an attested decision is judged by. */
export interface AttestedCourt extends Court {
  /** The run was started through the API: a server drives it, not whoever started it. */
  readonly served: boolean;
}

/** A statement that a receiver attests, with the one person it came from. */
export interface Heard {
  readonly kind: 'heard';
  readonly text: Statement;
  readonly person: Person;
  readonly assurance: 'A0' | 'A1';
}

/**
 * Answers who a receiver heard, asking in this order: evidence and text are well formed, the sender is
 * one person, the text names that person, and the person is outside the run's chain.
 */
export function judgeAttested(court: AttestedCourt, of: AttestedStatement): Heard | Refused {
  return orRefused(() => {
    const attested = v.parse(attestedSchema, of.attested);
    const text = parseStatement(of.statement);
    const person =
      refuseAccount(attested, of.channel) ?? senderOf(court.people, attested, text.person);
    if ('kind' in person) {
      return person;
    }
    const assurance = weighAttested(attested, court);
    return (
      refuseOther(person, text.person) ??
      refuseDecider(court, person) ?? { kind: 'heard', text, person, assurance }
    );
  }, unreadable);
}

// Whatever cannot be read is no decision.
const unreadable = refused('attested_unreadable', 'what the receiver attests cannot be read');

/**
 * The one person whom something came from. A chat account is whose it is in `people.yaml`, and only where
 * it is nobody's the address counts that it was matched by. A token speaks for whom it was issued to: that
 * stands in its own entry, so here it is whom the statement names, and an auditor holds the two together.
 * An account of the host is its person's; that of an agent, like agents and jobs themselves, decides
 * nothing, whoever answers for it.
 */
export function senderOf(
  people: People,
  { identity, matched_by }: Pick<Attested, 'identity' | 'matched_by'>,
  named: string,
): Person | Refused {
  if (identity.startsWith('token:')) {
    return personNamed(people, named) ?? nobody(`person:${named}`);
  }
  if (identity.startsWith('os:')) {
    return ownerOfAccount(people, identity);
  }
  if (!isChatAccount(identity)) {
    return refused('identity_unfit', `\`${identity}\` is not an identity that decides`);
  }
  const owner = ownerOf(people, identity);
  return owner ?? (matched_by === null ? null : ownerOf(people, matched_by)) ?? nobody(identity);
}

/**
 * Whether an identity says anything through this channel. The page hears sessions alone. An account of the
 * host says something by owning a file: through the spool alone, and neither root's, who owns what they
 * like, nor the receiver's own, whose files it makes itself.
 */
export function refuseAccount(
  { identity, receiver }: Pick<Attested, 'identity' | 'receiver'>,
  channel: string | undefined,
): Refused | null {
  if (channel === 'web' && !identity.startsWith('token:')) {
    return refused('identity_unfit', `\`${identity}\` is not a session of the page`);
  }
  if (!identity.startsWith('os:')) {
    return null;
  }
  if (channel !== 'spool') {
    return refused(
      'identity_unfit',
      `\`${identity}\` decides by the files it owns, and by nothing else`,
    );
  }
  return identity.startsWith('os:root@') || identity === receiver
    ? refused(
        'account_unfit',
        `a file that belongs to \`${identity}\` decides nothing`,
        'decide from your own account, or sign with `--key FILE`',
      )
    : null;
}

/**
 * What an attested decision weighs. Who owns a file on the host that executes is that host's word: A0,
 * whoever received it.
 */
export function weighAttested(
  { identity, receiver }: Pick<Attested, 'identity' | 'receiver'>,
  court: Pick<AttestedCourt, 'people' | 'initiator' | 'served'>,
): 'A0' | 'A1' {
  return identity.startsWith('os:') ? 'A0' : attestedAssurance(receiver, court);
}

/**
 * How much the receiver's word weighs. A1 exactly where nobody behind the run could have made it up: the
 * run was started through the API, no account of any host stands in its chain, and nobody of the chain, by
 * the name recorded or by what their identities mean now, owns the receiver's account. Two accounts are
 * never told apart by their names: a host that was renamed is the same host.
 */
export function attestedAssurance(
  receiver: string,
  { people, initiator, served }: Pick<AttestedCourt, 'people' | 'initiator' | 'served'>,
): 'A0' | 'A1' {
  const owner = personOf(people, receiver);
  const isRemote = served && !initiator.chain.some(({ identity }) => identity.startsWith('os:'));
  return isRemote && (owner === null || conflictOf(owner, initiator) === null) ? 'A1' : 'A0';
}

/**
 * `slack:TEAM/USER`, or the account of another chat: one that `people.yaml` has no key for is nobody's, and
 * counts by its address. What else an identity can be is nothing that a receiver hears somebody speak by.
 */
function isChatAccount(identity: string): boolean {
  return /^(?!(?:person|ssh|email|oidc|passkey|agent|ci):)[a-z][a-z0-9_]*:./.test(identity);
}

/** By the accounts of people alone: whoever answers for an agent has decided nothing by what it owns. */
function ownerOfAccount(people: People, identity: string): Person | Refused {
  const account = identity.slice('os:'.length);
  const [owner, second] = people.people.filter(({ osUsers }) => osUsers.includes(account));
  return owner === undefined || second !== undefined ? nobody(identity) : owner;
}

function refuseOther(person: Person, named: string): Refused | null {
  return named === person.name
    ? null
    : refused('other_person', `the text names \`${named}\`, but it came from \`${person.name}\``);
}
