import { personNamed } from '../people/identity.ts';
import type { Passkey } from '../people/passkeys.ts';
import { decodeBase64 } from '../ssh/ssh-wire.ts';
import { verifySshsig } from '../ssh/sshsig.ts';
import { type Enrolment, parseEnrolment, passkeyNamespace } from '../statement/enrolment.ts';
import type { SignedStatement } from '../statement/statement.ts';
import type { LoginEvidence } from './attested.ts';
import { type Court, orRefused, type Refused, refused, refuseSeenLog } from './court.ts';
import { judgeLogin } from './judge-login.ts';
import { refusePage } from './refuse-page.ts';

/** A passkey that somebody wants to be theirs: what it signed, and what says that it is theirs. */
export interface EnrolmentCase extends Omit<Court, 'initiator' | 'slots'> {
  readonly signed: SignedStatement;
  readonly because: Invited | { readonly kind: 'login'; readonly login: LoginEvidence };
  /** RFC 3339: when it is recorded; of an entry, its own time. */
  readonly time: string;
  /** Whose passkey this is, or was until it was removed; null where it is new. */
  readonly ownerOf: (passkey: Pick<Passkey, 'public' | 'credential'>) => string | null;
}

/** An invitation as entries say of it until now. */
export interface Invited {
  readonly kind: 'invite';
  readonly invite: string;
  readonly person: string;
  /** RFC 3339. */
  readonly expires_at: string;
  /** Of its entry: whoever uses it has seen that. */
  readonly index: number;
  readonly used: boolean;
}

/** A passkey that is its person's. */
export interface AcceptedEnrolment {
  readonly kind: 'accepted';
  readonly text: Enrolment;
}

/** How long somebody has between the page that shows what is signed and the entry. */
const freshMs = 15 * 60_000;

/**
 * Whether a passkey becomes somebody's. It asks in this order: the new key itself has signed the text on the
 * page that the text names, somebody present and verified; the text is fresh and names a person; an
 * unused invitation or a fresh login of that person says that it is theirs; they saw this log, and in it the
 * invitation; and the key is nobody's yet.
 * Whoever records it judges by this, the engine before it believes an entry, and the auditor. Pure, and no is
 * its answer to everything odd.
 */
export function judgeEnrolment(input: EnrolmentCase): AcceptedEnrolment | Refused {
  return orRefused(() => {
    const text = parseEnrolment(input.signed.statement);
    return (
      refusePossession(input.signed, text) ??
      refuseStale(input, text) ??
      refuseBecause(input, text) ??
      refuseLog(input, text) ??
      refuseKnown(input, text) ?? { kind: 'accepted', text }
    );
  }, unreadable);
}

const unreadable = refused('enrolment_unreadable', 'the enrolment of a passkey cannot be read');

/** The moment from which on it is too late to record it. */
export function enrolUntilMs(text: Enrolment, because: EnrolmentCase['because']): number {
  const freshUntil = Date.parse(text.time) + freshMs;
  return because.kind === 'invite'
    ? Math.min(freshUntil, Date.parse(because.expires_at))
    : freshUntil;
}

/**
 * Refuses unless the new key itself has signed the text, on the page that the text names. Throws IntegrityError
 * `E_APPROVAL_SIG` where the signature does not hold at all.
 */
export function refusePossession(signed: SignedStatement, text: Enrolment): Refused | null {
  const evidence = verifySshsig({
    signature: decodeBase64(signed.signature) ?? Buffer.alloc(0),
    message: Buffer.from(signed.statement),
    namespace: passkeyNamespace,
  });
  return evidence.publicKey === text.public
    ? refusePage(evidence, text.origin)
    : refused(
        'other_passkey',
        `signed by \`${evidence.publicKey}\`, but it is about \`${text.public}\``,
      );
}

function refuseStale({ time }: EnrolmentCase, text: Enrolment): Refused | null {
  // Not `>`: a time that cannot be read is no time.
  return Math.abs(Date.parse(time) - Date.parse(text.time)) <= freshMs
    ? null
    : refused(
        'enrolment_stale',
        `made at ${text.time}, which is more than 15 minutes away from ${time}`,
        'begin again',
      );
}

function refuseBecause(input: EnrolmentCase, text: Enrolment): Refused | null {
  if (personNamed(input.people, text.person) === null) {
    return refused('person_unknown', `\`people.yaml\` has no person \`${text.person}\``);
  }
  const { because, people, signed, time } = input;
  if (because.kind === 'invite') {
    return refuseInvitation(because, { text, time });
  }
  if (text.invite !== null) {
    return refused('other_invite', 'it names an invitation, but a login stands beside it');
  }
  const judged = judgeLogin(people, { login: because.login, statement: signed.statement, time });
  return judged.kind === 'refused' ? judged : null;
}

/** Whether an invitation still invites this person at that time. */
function refuseInvitation(
  { invite, person, expires_at, used }: Invited,
  { text, time }: { readonly text: Enrolment; readonly time: string },
): Refused | null {
  if (text.invite !== invite || text.person !== person) {
    return refused(
      'other_invite',
      `invitation \`${invite}\` is for \`${person}\`, but \`${text.person}\` used \`${text.invite ?? 'none'}\``,
    );
  }
  if (used) {
    return refused('invite_used', `invitation \`${invite}\` was used before`);
  }
  return Date.parse(time) < Date.parse(expires_at)
    ? null
    : refused('invite_expired', `invitation \`${invite}\` expired at ${expires_at}`);
}

function refuseLog(input: EnrolmentCase, text: Enrolment): Refused | null {
  const court = { ...input, initiator: { kind: 'unknown', chain: [] } } as const;
  const { because } = input;
  return refuseSeenLog(court, text.log, because.kind === 'invite' ? because.index : -1);
}

/** A second owner would make its signatures nobody's; and what was removed was removed for a reason. */
function refuseKnown({ people, ownerOf }: EnrolmentCase, text: Enrolment): Refused | null {
  const holder = people.people.find(({ sshKeys }) => sshKeys.includes(text.public))?.name;
  const owner = ownerOf(text) ?? holder ?? null;
  return owner === null
    ? null
    : refused('passkey_known', `this passkey is or was \`${owner}\`'s already`, 'make another one');
}
