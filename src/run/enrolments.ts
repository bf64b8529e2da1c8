import {
  type EnrolmentCase,
  type Invited,
  judgeEnrolment,
} from '../approval/court/judge-enrolment.ts';
import { whyNoKeys } from '../approval/court/judge-issuer-keys.ts';
import { longestInviteMs } from '../approval/people/invitation.ts';
import { addIssuerKeys } from '../approval/people/issuers.ts';
import type { Enrolled, Issuer } from '../approval/people/passkeys.ts';
import type { People } from '../approval/people/people.ts';
import type { Enrolment } from '../approval/statement/enrolment.ts';
import type { Sha256 } from '../base/ids.ts';
import type {
  EnrolmentEvent,
  IssuerKeys,
  PasskeyEnrolled,
  PasskeyInvited,
} from './enrolment-events.ts';
import type { Recorded } from './events.ts';

/**
 * Whose passkey is whose, as a fold of the entries that say so. The engine believes by it, once the entries
 * are proven, and the auditor replays it: they cannot come to differ.
 */
export interface Enrolments {
  /**
   * Takes the next of these entries. Answers what is wrong with it, in words, and then it changes nothing:
   * such a passkey counts for nobody, such an invitation invites nobody. Null where nothing is.
   */
  add(entry: EnrolmentEntry, court: EnrolmentCourt): string | null;
  /** What counts now. The same object until something changes. */
  enrolled(): Enrolled;
  /** Every passkey that was enrolled, removed ones too, oldest first. */
  passkeys(): readonly KnownPasskey[];
  /** The passkey of this id, public key line or credential, a removed one too; null where there was none. */
  find(name: string): KnownPasskey | null;
  /** The one that is given out by this hash of its secret; null where there was none. */
  invitation(hash: Sha256): Invited | null;
  /** Whose passkey this is, or was until it was removed; null where it is new. */
  ownerOf(passkey: Pick<PasskeyEnrolled, 'public' | 'credential'>): string | null;
}

export interface EnrolmentEntry extends Omit<Recorded, 'event'> {
  readonly event: EnrolmentEvent;
}

/** What an entry is judged by. */
export interface EnrolmentCourt {
  /** `people.yaml` as it was in force then. */
  readonly people: People;
  readonly origin: string;
  /** Base64 root of the log at a size; null where it is not known, which refuses. */
  readonly rootAt: (size: number) => string | null;
}

export interface KnownPasskey {
  readonly data: PasskeyEnrolled;
  /** RFC 3339. */
  readonly enrolled_at: string;
  /** Whoever invited; null where a login says whose it is. */
  readonly invited_by: string | null;
  /** RFC 3339; null while it counts. */
  readonly removed_at: string | null;
}

interface KnownInvitation extends Invited {
  readonly hash: Sha256;
  readonly by: string;
}

/** What entries have said until now. */
interface Register {
  readonly invitations: Map<string, KnownInvitation>;
  readonly passkeys: Map<string, KnownPasskey>;
  /** Ids by public key and by credential, of removed ones too. */
  readonly ids: Map<string, string>;
  issuers: readonly Issuer[];
}

export function openEnrolments(): Enrolments {
  const register: Register = {
    invitations: new Map(),
    passkeys: new Map(),
    ids: new Map(),
    issuers: [],
  };
  let enrolled: Enrolled | null = null;
  return {
    add: (entry, court) => {
      enrolled = null;
      return follow(register, entry, court);
    },
    enrolled: () => {
      enrolled ??= standing(register);
      return enrolled;
    },
    passkeys: () => [...register.passkeys.values()],
    find: (name) => findIn(register, name),
    invitation: (hash) =>
      [...register.invitations.values()].find((each) => each.hash === hash) ?? null,
    ownerOf: (passkey) => ownerIn(register, passkey),
  };
}

function standing({ passkeys, issuers }: Register): Enrolled {
  return {
    passkeys: [...passkeys.values()]
      .filter(({ removed_at }) => removed_at === null)
      .map(({ data }) => data),
    issuers,
  };
}

function findIn({ passkeys, ids }: Register, name: string): KnownPasskey | null {
  return passkeys.get(ids.get(name) ?? name) ?? null;
}

function ownerIn(
  register: Register,
  passkey: Pick<PasskeyEnrolled, 'public' | 'credential'>,
): string | null {
  const known = findIn(register, passkey.public) ?? findIn(register, passkey.credential);
  return known?.data.person ?? null;
}

function follow(register: Register, entry: EnrolmentEntry, court: EnrolmentCourt): string | null {
  const { event, time } = entry;
  switch (event.type) {
    case 'passkey.invited':
      return invite(register, entry, event.data);
    case 'passkey.enrolled':
      return enrol(register, { entry, data: event.data }, court);
    case 'passkey.removed':
      return remove(register, event.data.passkey, time);
    case 'issuer.keys':
      return nameKeys(register, event.data);
  }
}

function invite(
  { invitations }: Register,
  { seq, time }: EnrolmentEntry,
  data: PasskeyInvited,
): string | null {
  const { invite, person, hash, expires_at, by } = data;
  if (invitations.has(invite)) {
    return `invitation ${invite} was given before`;
  }
  if (!by.startsWith('os:')) {
    return `\`${by}\` invites nobody: only the journal's own account does`;
  }
  // Not `>`: a time that cannot be read is no end.
  if (!(Date.parse(expires_at) - Date.parse(time) <= longestInviteMs)) {
    return `invitation ${invite} holds until ${expires_at}, longer than any may`;
  }
  const kind = 'invite';
  invitations.set(invite, { kind, invite, person, expires_at, hash, by, index: seq, used: false });
  return null;
}

function enrol(
  register: Register,
  { entry, data }: { readonly entry: EnrolmentEntry; readonly data: PasskeyEnrolled },
  court: EnrolmentCourt,
): string | null {
  const { invitations, passkeys, ids } = register;
  const { passkey, person } = data;
  const because = becauseOf(register, data);
  const wrong =
    because === null
      ? 'neither one invitation nor one login says whose it is'
      : whyNot(register, { entry, data, because }, court);
  if (because === null || wrong !== null) {
    return `passkey ${passkey} of ${person}: ${wrong}`;
  }
  if (because.kind === 'invite') {
    invitations.set(because.invite, { ...because, used: true });
  }
  const invited_by = because.kind === 'invite' ? because.by : null;
  passkeys.set(passkey, { data, enrolled_at: entry.time, invited_by, removed_at: null });
  ids.set(data.public, passkey);
  ids.set(data.credential, passkey);
  return null;
}

type Because = KnownInvitation | Extract<EnrolmentCase['because'], { kind: 'login' }>;

function becauseOf({ invitations }: Register, { invite, login }: PasskeyEnrolled): Because | null {
  if (login !== null) {
    return invite === null ? { kind: 'login', login } : null;
  }
  return invitations.get(invite ?? '') ?? null;
}

function whyNot(
  register: Register,
  of: {
    readonly entry: EnrolmentEntry;
    readonly data: PasskeyEnrolled;
    readonly because: Because;
  },
  court: EnrolmentCourt,
): string | null {
  const { entry, data, because } = of;
  const judged = judgeEnrolment({
    ...court,
    people: { people: court.people.people, issuers: register.issuers },
    signed: data,
    because,
    time: entry.time,
    decisionIndexUpperBound: entry.seq,
    ownerOf: (passkey) => ownerIn(register, passkey),
  });
  if (judged.kind === 'refused') {
    return judged.message;
  }
  return register.passkeys.has(data.passkey) || !isSame(judged.text, data)
    ? 'the entry says other than what was signed'
    : null;
}

function isSame(text: Enrolment, data: PasskeyEnrolled): boolean {
  const keys = ['person', 'public', 'credential', 'origin', 'label', 'invite'] as const;
  return keys.every((key) => text[key] === data[key]);
}

/** The first removal counts; a second one changes nothing. */
function remove({ passkeys }: Register, id: string, time: string): string | null {
  const known = passkeys.get(id);
  if (known === undefined) {
    return `passkey ${id} was never enrolled`;
  }
  passkeys.set(id, { ...known, removed_at: known.removed_at ?? time });
  return null;
}

function nameKeys(register: Register, data: IssuerKeys): string | null {
  const wrong = whyNoKeys(data);
  if (wrong === null) {
    register.issuers = addIssuerKeys(register.issuers, data);
  }
  return wrong;
}
