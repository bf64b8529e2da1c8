import { dearmor, sshsigKey } from '../../approval/ssh/sshsig.ts';
import { signedTextOf } from '../../audit/bundle/signed-texts.ts';
import { RunbookError } from '../../base/errors.ts';
import { isEnrolmentEvent } from '../../run/enrolment-events.ts';
import type { Recorded } from '../../run/events.ts';

/** An entry of no run that says who somebody is, as other entries name what it is about. */
export interface WhoEntry {
  readonly seq: number;
  /** `token:ID`, `passkey:ID`, `invite:ID`, `ssh:LINE`, `issuer:CLIENT@URL`. */
  readonly about: readonly string[];
  /** What it is not to be judged without. */
  readonly rests: readonly string[];
}

/** Null for every other entry. */
export function whoEntryOf({ seq, event }: Recorded): WhoEntry | null {
  if (event.type === 'token.issued' || event.type === 'token.revoked') {
    return { seq, about: [`token:${event.data.token}`], rests: [event.data.by] };
  }
  if (!isEnrolmentEvent(event)) {
    return null;
  }
  switch (event.type) {
    case 'passkey.invited':
      return { seq, about: [`invite:${event.data.invite}`], rests: [] };
    case 'passkey.enrolled': {
      const { passkey, public: key, invite, login } = event.data;
      const because = login === null ? [`invite:${invite}`] : [issuerName(login)];
      const about = [`passkey:${passkey}`, `ssh:${key}`];
      // That it was removed belongs to it.
      return { seq, about, rests: [...because, ...about] };
    }
    case 'passkey.removed':
      return { seq, about: [`passkey:${event.data.passkey}`], rests: [event.data.by] };
    case 'issuer.keys':
      return { seq, about: [issuerName(event.data)], rests: [] };
  }
}

/** What an entry of a run rests on: the tokens it names, the key that signed, the issuer that said who it was. */
export function namesIn(entry: Recorded, bytes: Buffer): readonly string[] {
  const { event } = entry;
  const tokens = [...bytes.toString('utf8').matchAll(/"(token:[0-9a-z]+)"/g)].map(
    ([, name = '']) => name,
  );
  const login = event.type === 'approval.decided' ? event.data.login : undefined;
  return [...tokens, ...signerIn(entry), ...(login === undefined ? [] : [issuerName(login)])];
}

/** Every entry that these names lead to, and those that they in turn rest on. */
export function restsOn(all: readonly WhoEntry[], names: readonly string[]): ReadonlySet<number> {
  const known = new Set<string>();
  const found = new Set<number>();
  for (let fresh = [...names]; fresh.length > 0; ) {
    fresh.forEach((name) => known.add(name));
    const more = all.filter(
      ({ seq, about }) => !found.has(seq) && about.some((name) => known.has(name)),
    );
    more.forEach(({ seq }) => found.add(seq));
    fresh = more.flatMap(({ rests }) => rests).filter((name) => !known.has(name));
  }
  return found;
}

function issuerName({ issuer, client }: { readonly issuer: string; readonly client: string }) {
  return `issuer:${client}@${issuer}`;
}

/** A signature that cannot be read rests on nobody's key: whoever verifies says so. */
function signerIn(entry: Recorded): readonly string[] {
  try {
    const text = signedTextOf(entry);
    return text === null ? [] : [`ssh:${sshsigKey(dearmor(text.signature))}`];
  } catch (error) {
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}
