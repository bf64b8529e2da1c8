import { signingKeys } from '../people/identity.ts';
import type { People, Person } from '../people/people.ts';
import { decodeBase64 } from '../ssh/ssh-wire.ts';
import { type SshsigEvidence, verifySshsig } from '../ssh/sshsig.ts';
import type { SignedStatement } from '../statement/statement.ts';
import { type Court, orRefused, type Refused, refuseDecider, refused } from './court.ts';
import { refusePage, refuseUnverified } from './refuse-page.ts';

/** A text whose signature holds, with the one person whose key made it. */
export interface Signed<Text> {
  readonly kind: 'signed';
  readonly text: Text;
  readonly person: Person;
  /** The key's OpenSSH line. */
  readonly publicKey: string;
  readonly presence: boolean;
  readonly verified: boolean;
}

/** A court before which something signed is brought. */
export interface SignedCourt extends Court {
  readonly signed: SignedStatement;
}

/**
 * Answers who signed, asking in this order: the signature holds in its namespace, the key is one
 * person's and was used as it counts, the text is well formed and names that person, and the person is
 * outside the run's chain.
 */
export function judgeSigned<Text extends { readonly person: string }>(
  court: SignedCourt,
  namespace: string,
  parse: (text: string) => Text,
): Signed<Text> | Refused {
  return orRefused(() => {
    const message = Buffer.from(court.signed.statement);
    const signature = decodeBase64(court.signed.signature) ?? Buffer.alloc(0);
    const evidence = verifySshsig({ signature, message, namespace });
    const person = signerOf(court.people, evidence);
    if ('kind' in person) {
      return person;
    }
    const text = parse(court.signed.statement);
    const { publicKey, presence, verified } = evidence;
    return (
      refuseOther(person, text.person) ??
      refuseDecider(court, person) ?? {
        kind: 'signed',
        text,
        person,
        publicKey,
        presence,
        verified,
      }
    );
  }, unreadable);
}

// Whatever cannot be read or checked is no decision.
const unreadable = refused('signature_unreadable', 'the signed text cannot be checked');

function signerOf(people: People, evidence: SshsigEvidence): Person | Refused {
  const person = ownerOf(people, evidence.publicKey);
  return 'kind' in person ? person : (refuseMisused(person, evidence) ?? person);
}

function ownerOf(people: People, publicKey: string): Person | Refused {
  const owners = people.people.filter((person) =>
    signingKeys(person).some((line) => line.trim().split(/\s+/, 2).join(' ') === publicKey),
  );
  const [owner] = owners;
  if (owner === undefined) {
    return refused(
      'key_unknown',
      `the key \`${publicKey}\` belongs to nobody in \`people.yaml\`, and is nobody's passkey`,
      'runbook people add NAME --ssh-key PUBLIC_KEY_FILE, or for a passkey: runbook passkey invite NAME',
    );
  }
  const names = owners.map((person) => `\`${person.name}\``).join(' and ');
  return owners.length === 1
    ? owner
    : refused(
        'key_shared',
        `the key \`${publicKey}\` belongs to ${names}, so it speaks for nobody`,
      );
}

/** A passkey counts on the page that it was enrolled on; a key of `people.yaml` on any page of its rpId. */
function refuseMisused({ passkeys = [] }: Person, evidence: SshsigEvidence): Refused | null {
  const passkey = passkeys.find((each) => each.public === evidence.publicKey);
  if (passkey !== undefined) {
    return refusePage(evidence, passkey.origin);
  }
  return evidence.origin === null ? null : refuseUnverified(evidence);
}

function refuseOther(person: Person, named: string): Refused | null {
  return named === person.name
    ? null
    : refused('other_person', `the text names \`${named}\`, but the key is \`${person.name}\`'s`);
}
