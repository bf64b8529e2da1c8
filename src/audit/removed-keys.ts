import { fingerprint, parsePublicKey } from '../approval/ssh/ssh-key.ts';
import { decodeBase64 } from '../approval/ssh/ssh-wire.ts';
import { sshsigKey } from '../approval/ssh/sshsig.ts';
import type { BlobId } from '../base/ids.ts';
import type { Recorded } from '../run/events.ts';
import type { Blob } from './exhibit.ts';
import type { Report } from './finding.ts';
import type { OutsideHead } from './outside.ts';
import { readConfig } from './read-blobs.ts';

/** Watches which approvers' keys were taken out of `people.yaml`, and what they had decided before. */
export interface RemovedKeys {
  add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void;
  /** Says which decisions nobody outside saw before their key was removed. */
  conclude(held: readonly OutsideHead[]): void;
}

/** A key that is no approver's any more. */
interface Removed {
  readonly key: string;
  /** Index of the `config.set` without it. */
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
  const decided = new Map<string, Decision[]>();
  const removed: Removed[] = [];
  const follow: RemovedKeys['add'] = ({ seq, event }, blobs) => {
    if (event.type === 'approval.decided' && event.data.signature !== null) {
      const { person, signature } = event.data;
      const key = sshsigKey(decodeBase64(signature) ?? Buffer.alloc(0));
      const known = decided.get(key) ?? [];
      known.push({ index: seq, person });
      decided.set(key, known);
    } else if (event.type === 'config.set') {
      const people = readConfig(event.data, { seq, blobs })?.rules.people.people ?? null;
      const enrolled = people?.flatMap(({ sshKeys }) => sshKeys) ?? [...decided.keys()];
      for (const key of [...decided.keys()].filter((each) => !enrolled.includes(each))) {
        removed.push({ key, at: seq, decisions: decided.get(key) ?? [] });
        decided.delete(key);
      }
    }
  };
  return {
    add: (entry, blobs) => {
      try {
        follow(entry, blobs);
      } catch {
        // A signature that cannot be read, or a hostile shape under a stolen key: findings of their own.
      }
    },
    conclude: (held) => {
      for (const each of held.length === 0 ? [] : removed) {
        reportUncovered(each, held, report);
      }
    },
  };
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
