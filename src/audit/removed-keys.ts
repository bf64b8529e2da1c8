import type { Person } from '../approval/people/people.ts';
import { fingerprint, parsePublicKey } from '../approval/ssh/ssh-key.ts';
import { decodeBase64 } from '../approval/ssh/ssh-wire.ts';
import { sshsigKey } from '../approval/ssh/sshsig.ts';
import type { BlobId } from '../base/ids.ts';
import type { PasskeyEnrolled } from '../run/enrolment-events.ts';
import type { Recorded } from '../run/events.ts';
import type { Blob } from './exhibit.ts';
import type { Report } from './finding.ts';
import type { OutsideHead } from './outside.ts';
import { readConfig } from './read-blobs.ts';

/** Watches which approvers' keys were taken from them, by `people.yaml` or by an entry, and what they had decided before. */
export interface RemovedKeys {
  add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void;
  /** Says which decisions nobody outside saw before their key was removed. */
  conclude(held: readonly OutsideHead[]): void;
}

/** A key that is no approver's any more. */
interface Removed {
  readonly key: string;
  /** Index of the `config.set` without it, or of its `passkey.removed`. */
  readonly at: number;
  readonly decisions: readonly Decision[];
}

interface Decision {
  readonly index: number;
  readonly person: string;
}

/**
 * A key is often removed because others have it. Together with the log's key they could write a decision
 * into the time when it still counted; a head from outside that covers the decision, and not yet the
 * removal, shows that it was there. Without any head from outside all of the log is in question, and that
 * is said elsewhere.
 */
export function openRemovedKeys(report: Report): RemovedKeys {
  const book: Book = { decided: new Map(), passkeys: new Map(), removed: [] };
  return {
    add: (entry, blobs) => {
      try {
        follow(book, entry, blobs);
      } catch {
        // A signature that cannot be read, or a hostile shape under a stolen key: findings of their own.
      }
    },
    conclude: (held) => {
      for (const each of held.length === 0 ? [] : book.removed) {
        reportUncovered(each, held, report);
      }
    },
  };
}

interface Book {
  /** By key, until it is removed. */
  readonly decided: Map<string, Decision[]>;
  /** Passkeys that were enrolled, by their keys. */
  readonly passkeys: Map<string, PasskeyEnrolled>;
  readonly removed: Removed[];
}

function follow(book: Book, { seq, event }: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void {
  if (event.type === 'approval.decided' && event.data.signature !== null) {
    const { person, signature } = event.data;
    const key = sshsigKey(decodeBase64(signature) ?? Buffer.alloc(0));
    const known = book.decided.get(key) ?? [];
    known.push({ index: seq, person });
    book.decided.set(key, known);
  } else if (event.type === 'config.set') {
    const people = readConfig(event.data, { seq, blobs })?.rules.people.people;
    if (people !== undefined) {
      keepOnly(book, people, seq);
    }
  } else if (event.type === 'passkey.enrolled') {
    book.passkeys.set(event.data.public, event.data);
  } else if (event.type === 'passkey.removed') {
    const { passkey } = event.data;
    for (const [key] of [...book.passkeys].filter(([, data]) => data.passkey === passkey)) {
      remove(book, key, seq);
    }
  }
}

/** Keys of the file stay where it names them, and passkeys where it names their owners. */
function keepOnly(book: Book, people: readonly Person[], at: number): void {
  const names = people.map(({ name }) => name);
  const keys = new Set(people.flatMap(({ sshKeys }) => sshKeys));
  for (const key of book.decided.keys()) {
    const owner = book.passkeys.get(key)?.person;
    if (!keys.has(key) && (owner === undefined || !names.includes(owner))) {
      remove(book, key, at);
    }
  }
}

function remove({ decided, removed }: Book, key: string, at: number): void {
  const decisions = decided.get(key);
  if (decisions !== undefined) {
    removed.push({ key, at, decisions });
    decided.delete(key);
  }
}

function reportUncovered(
  { key, at, decisions }: Removed,
  held: readonly OutsideHead[],
  report: Report,
): void {
  const covered = Math.max(0, ...held.map(({ size }) => size).filter((size) => size <= at));
  const [first, ...more] = decisions.filter(({ index }) => index >= covered);
  if (first !== undefined) {
    const others = more.length === 0 ? '' : `, and ${more.length} more decisions`;
    const message = `${first.person} decided under key ${nameOf(key)}, which entry ${at} removed: no head from outside shows that this${others} came before`;
    report({ verdict: 'authorization', code: 'W_KEY_REMOVED', index: first.index, message });
  }
}

function nameOf(key: string): string {
  return fingerprint(parsePublicKey(key));
}
