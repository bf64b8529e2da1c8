import { applyKeyEntry, isKeyEntry, keysOfGenesis } from '../../approval/court/judge-keys.ts';
import type { SeenLog } from '../../approval/statement/statement.ts';
import { IntegrityError, JournalError } from '../../base/errors.ts';
import { openNote } from '../../journal/checkpoint.ts';
import { type KeyHistory, newestKey } from '../../journal/key-history.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import type { CheckpointSigner } from '../../journal/signer.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { StoredEntry } from '../store.ts';
import type { Connection } from './connection.ts';
import { selectEntries } from './entries.ts';
import { loadHeadAt } from './heads.ts';
import type { Journal } from './journal.ts';
import { selectPeaks } from './tree.ts';

/** What a process knows of a log's keys: the history, and the last entry about them that it has read. */
export interface KnownKeys {
  read: { readonly history: KeyHistory; readonly last: number } | null;
  /** The signer that this process has opened. */
  signer: CheckpointSigner | null;
}

type Log = Pick<Journal, 'db' | 'known' | 'origin'>;

/**
 * The keys as the entries say now; null while there is no genesis. Only entries that were not read before
 * are: another process may have rotated. A change of keys that does not hold changes nothing here; the
 * audit says so. Throws IntegrityError `E_LEAF`.
 */
export function loadKeys(log: Log): KeyHistory | null {
  const { db, known } = log;
  const before = known.read ?? readGenesis(db);
  if (before === null) {
    return null;
  }
  let { history, last } = before;
  for (const entry of selectKeyEntries(db, last)) {
    const facts = factsOf(recordedOf(entry));
    if (facts.type !== 'key.rotated' || isSignedBefore(log, facts.seq, history)) {
      history = applyKeyEntry(history, facts, holdsRoot(db)).history;
    }
    last = entry.seq;
  }
  known.read = { history, last };
  return history;
}

/** As `loadKeys`, of a journal that is there. */
export function requireKeys(log: Log): KeyHistory {
  const history = loadKeys(log);
  if (history === null) {
    throw new IntegrityError({ code: 'E_LEAF', message: 'entry 0 is not genesis' });
  }
  return history;
}

/**
 * The keys with one more entry, of a commit that is not durable yet. Throws IntegrityError
 * `E_KEY_ROTATION`: what no verifier would take is not recorded.
 */
export function keysAfter(
  db: Connection,
  history: KeyHistory | null,
  entry: Recorded,
): KeyHistory | null {
  if (history === null) {
    return keysOfGenesis(factsOf(entry));
  }
  if (!isKeyEntry(entry.event.type)) {
    return history;
  }
  const { history: after, refused } = applyKeyEntry(history, factsOf(entry), holdsRoot(db));
  if (refused !== null) {
    throw new IntegrityError({
      code: 'E_KEY_ROTATION',
      message: `the journal's keys cannot be changed so: ${refused}`,
      hint: 'nothing was recorded: begin again with `runbook journal key rotate`',
    });
  }
  return after;
}

/** The signer of the key that the committed log names, in its place from here on. Throws JournalError `journal_key_wrong`. */
export function openSigner(
  { keys, known, origin }: Journal,
  history: KeyHistory,
): CheckpointSigner {
  const { publicKey, id } = newestKey(history);
  if (known.signer?.publicKey.equals(publicKey) === true) {
    return known.signer;
  }
  const signer = keys.open(origin, publicKey);
  if (!signer.publicKey.equals(publicKey)) {
    throw new JournalError({
      code: 'journal_key_wrong',
      message: `the key at hand is not \`${id}\`, which signs \`${origin}\` now`,
      hint: 'restore the `journal.key` that belongs to this journal; if it is lost, `runbook journal key rotate --reason lost`',
    });
  }
  known.signer = signer;
  return signer;
}

/**
 * The signer of a commit that is being made: what it changes of the keys already counts. A prepared key
 * takes its place only once that is durable: until then the one before is the journal's.
 */
export function signerOf(
  journal: Journal,
  before: KeyHistory | null,
  after: KeyHistory | null,
): CheckpointSigner {
  if (before === null || after === null) {
    return createSigner(journal);
  }
  const { publicKey } = newestKey(after);
  return newestKey(before).publicKey.equals(publicKey)
    ? openSigner(journal, before)
    : journal.keys.prepared(journal.origin, publicKey);
}

/** The signer of a journal that has no entry yet. */
export function createSigner({ keys, known, origin }: Journal): CheckpointSigner {
  known.signer ??= keys.create(origin);
  return known.signer;
}

/**
 * The head before a rotation is under the key before it. Entries that nobody signed can follow any head:
 * whoever writes into the file without a key of the journal could name a recovery key of their own.
 */
function isSignedBefore(log: Log, seq: number, history: KeyHistory): boolean {
  try {
    const head = loadHeadAt(log, seq);
    return head !== null && openNote(head.note, [newestKey(history)]).checkpoint.size === seq;
  } catch (error) {
    if (error instanceof IntegrityError) {
      return false;
    }
    throw error;
  }
}

function readGenesis(db: Connection): KnownKeys['read'] {
  const [first] = selectEntries(db, 0, 1);
  return first === undefined
    ? null
    : { history: keysOfGenesis(factsOf(recordedOf(first))), last: 0 };
}

function selectKeyEntries(db: Connection, after: number): readonly StoredEntry[] {
  return db
    .prepare<StoredEntry>(
      `select entries.seq, entries.bytes from events join entries on entries.seq = events.seq
       where events.type in ('key.recovery', 'key.rotated') and events.seq > ? order by events.seq`,
    )
    .all(after);
}

function factsOf({ seq, event }: Recorded): Parameters<typeof applyKeyEntry>[1] {
  return { seq, type: event.type, data: event.data };
}

function holdsRoot(db: Connection): (log: SeenLog) => boolean {
  return ({ size, root }) => rootOfPeaks(selectPeaks(db, size)).toString('base64') === root;
}
