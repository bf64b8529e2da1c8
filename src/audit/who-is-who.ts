import { withEnrolled } from '../approval/people/passkeys.ts';
import type { People } from '../approval/people/people.ts';
import type { BlobId } from '../base/ids.ts';
import { type EnrolmentEvent, isEnrolmentEvent } from '../run/enrolment-events.ts';
import { type EnrolmentCourt, type KnownPasskey, openEnrolments } from '../run/enrolments.ts';
import type { Recorded } from '../run/events.ts';
import type { Blob } from './exhibit.ts';
import type { Flaw } from './finding.ts';
import { passkeyBehind, type Said } from './judge-inviter.ts';
import type { InForce } from './judge-plan.ts';
import { readConfig } from './read-blobs.ts';
import { openTokens, type Tokens } from './tokens.ts';

/** Which rules and people were in force, and who bore which token, as entries of no run say. */
export interface WhoIsWho {
  readonly tokens: Tokens;
  /** People as the file of then had them, with what was enrolled by then; null where no configuration could be read. */
  inForce(): InForce | null;
  /** The passkey that something was said by; null where it was none. */
  passkeyOf(said: Said): KnownPasskey | null;
  /** Takes an entry that says who is who, and answers what is wrong with it; null for every other. */
  follow(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): readonly Flaw[] | null;
}

/** `bench`: what enrolments are judged by beside the people. */
export function openWhoIsWho(bench: Omit<EnrolmentCourt, 'people'>): WhoIsWho {
  const tokens = openTokens();
  const enrolments = openEnrolments();
  let file: InForce | null = null;
  let inForce: InForce | null = null;
  const renew = (): void => {
    const people = file === null ? null : withEnrolled(file.rules.people, enrolments.enrolled());
    inForce =
      file === null || people === null ? null : { ...file, rules: { ...file.rules, people } };
  };
  const peopleNow = (): People => inForce?.rules.people ?? { people: [] };
  return {
    tokens,
    inForce: () => inForce,
    passkeyOf: (said) => passkeyBehind(said, { tokens, enrolments }),
    follow: (entry, blobs) => {
      const { event, time } = entry;
      if (event.type === 'config.set') {
        file = readConfig(event.data, { seq: entry.seq, blobs });
        renew();
        return file === null
          ? [['E_NO_CONFIG', 'its files are gone or no longer what the entry says']]
          : [];
      }
      if (event.type === 'token.issued') {
        return flaws('E_TOKEN', tokens.issue(event.data, peopleNow()));
      }
      if (event.type === 'token.revoked') {
        return flaws('E_TOKEN', tokens.revoke(event.data, time));
      }
      if (!isEnrolmentEvent(event)) {
        return null;
      }
      // Asked before it takes anything from its owner: who may remove it follows from the time before.
      const misused = judgeRemover(tokens, { event, time, people: peopleNow() });
      const wrong = enrolments.add(
        { ...entry, event },
        { ...bench, people: file?.rules.people ?? { people: [] } },
      );
      renew();
      const code = event.type === 'issuer.keys' ? 'E_LOGIN' : 'E_PASSKEY';
      return [...flaws(code, wrong), ...flaws('E_TOKEN', misused)];
    },
  };
}

function flaws(code: Flaw[0], wrong: string | null): readonly Flaw[] {
  return wrong === null ? [] : [[code, wrong]];
}

/** Through a server only its owner removes a passkey, with a session that decides. */
function judgeRemover(
  tokens: Tokens,
  of: { readonly event: EnrolmentEvent; readonly time: string; readonly people: People },
): string | null {
  const { event, time, people } = of;
  if (event.type !== 'passkey.removed') {
    return null;
  }
  const { by, person } = event.data;
  return tokens.judge({ identity: by, person, nowMs: Date.parse(time), people });
}
