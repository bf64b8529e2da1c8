import type { People } from '../../approval/people/people.ts';
import { parsePeople } from '../../approval/people/people-schema.ts';
import { parseEnrolment } from '../../approval/statement/enrolment.ts';
import { sha256 } from '../../base/digest.ts';
import { RunbookError } from '../../base/errors.ts';
import type { Checkpoint } from '../../journal/checkpoint.ts';
import { isEnrolmentEvent } from '../../run/enrolment-events.ts';
import { type EnrolmentEntry, type Enrolments, openEnrolments } from '../../run/enrolments.ts';
import type { ConfigSet, Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import { openHead, proveEntry, proveRoot } from './prove-entry.ts';

/** Whose passkey is whose, by entries that stand under the signed head. */
export interface Identities extends Omit<Enrolments, 'add'> {
  /** The newest entry that says who is who; -1 where there is none. */
  readonly newest: number;
}

/**
 * What the journal says of passkeys and issuers. Each entry is read, proven and judged once by a process: one
 * whose enrolment does not hold counts for nobody. Throws IntegrityError `E_PROOF`, `E_STH_SIG` where an entry is
 * not under the signed head: one that was changed might be the removal of a stolen passkey.
 */
export function provenIdentities(store: Store): Promise<Identities> {
  const known = readers.get(store) ?? new IdentityReader(store);
  readers.set(store, known);
  return known.read();
}

/** Remembered with the store itself: whoever opens it anew proves anew. */
const readers = new WeakMap<Store, IdentityReader>();

class IdentityReader {
  readonly #store: Store;
  readonly #enrolments = openEnrolments();
  #newest = -1;
  /** The newest `config.set`, which is proven and read where somebody was enrolled under it. */
  #config: Recorded | null = null;
  #people: { readonly config: number; readonly people: People } | null = null;
  /** One at a time: each entry is judged after those before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  read(): Promise<Identities> {
    const read = this.#last.then(() => this.#readOn());
    this.#last = read.catch(() => undefined);
    return read;
  }

  async #readOn(): Promise<Identities> {
    const stored = await this.#store.identityEntries(this.#newest + 1);
    const entries = stored.map(recordedOf);
    // Read after them, so that it covers them.
    const head = entries.some(isEnrolment) ? await openHead(this.#store) : null;
    for (const entry of entries) {
      if (isEnrolment(entry) && head !== null) {
        await this.#follow(entry, head);
      } else if (entry.event.type === 'config.set') {
        this.#config = entry;
      }
      this.#newest = entry.seq;
    }
    return { ...this.#enrolments, newest: this.#newest };
  }

  async #follow(entry: EnrolmentEntry & Recorded, head: Checkpoint): Promise<void> {
    await proveEntry(this.#store, entry, head);
    const { event } = entry;
    const isJudged = event.type === 'passkey.enrolled';
    const seen = isJudged ? seenSize(event.data.statement) : 0;
    const root = await proveRoot(this.#store, seen, head);
    this.#enrolments.add(entry, {
      people: isJudged ? await this.#peopleThen(head) : nobody,
      origin: this.#store.origin,
      rootAt: (size) => (size === seen ? root : null),
    });
  }

  /** `people.yaml` as the newest `config.set` has it; nobody where its text is gone. */
  async #peopleThen(head: Checkpoint): Promise<People> {
    const entry = this.#config;
    if (entry === null || entry.event.type !== 'config.set') {
      return nobody;
    }
    if (this.#people?.config !== entry.seq) {
      await proveEntry(this.#store, entry, head);
      this.#people = { config: entry.seq, people: await readPeople(this.#store, entry.event.data) };
    }
    return this.#people.people;
  }
}

const nobody: People = { people: [] };

function isEnrolment(entry: Recorded): entry is EnrolmentEntry & Recorded {
  return isEnrolmentEvent(entry.event);
}

/** The size of the log that a statement names; 0 for what is none, which is judged elsewhere. */
function seenSize(statement: string): number {
  try {
    return parseEnrolment(statement).log.size;
  } catch {
    return 0;
  }
}

async function readPeople(store: Store, data: ConfigSet): Promise<People> {
  try {
    const text = (await store.getBlob(data.people)).bytes.toString('utf8');
    return sha256(text) === data.people_digest ? parsePeople(text, 'people.yaml') : nobody;
  } catch (error) {
    if (error instanceof RunbookError) {
      return nobody;
    }
    throw error;
  }
}
