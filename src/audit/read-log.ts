import { RunbookError } from '../base/errors.ts';
import type { KeyHistory } from '../journal/key-history.ts';
import { decodeLeaf, type Leaf, leafHash } from '../journal/leaf.ts';
import type { Recorded } from '../run/events.ts';
import { recordedFrom } from '../run/recorded.ts';
import type { Bounds } from './bounds.ts';
import type { StoredLeaf, Trust } from './exhibit.ts';
import type { Finding, Report } from './finding.ts';
import { type KeyWatch, watchKeys } from './keys.ts';
import { type Places, provenPlaces, treePlaces } from './places.ts';
import { openTimeline } from './timeline.ts';
import { type VerifiedAnchors, verifyAnchors } from './verify-anchors.ts';
import { openWitnessedTimes, type WitnessedTimes } from './witnessed-times.ts';

/** What every entry is read for, whatever it says: its place in the tree, its form, its clock, its keys. */
export interface LogReader extends Places {
  /** Null where it cannot be read. Never throws for what is wrong with it: that is a finding. */
  readonly read: (entry: StoredLeaf) => Recorded | null;
  readonly keys: KeyWatch;
  history(): KeyHistory;
  readonly anchors: VerifiedAnchors;
  readonly witnessed: WitnessedTimes;
  /** RFC 3339 time of the last entry. */
  lastTime(): string | null;
  /** Outages of copies that the log records. */
  gaps(): number;
}

export function openLogReader(trust: Trust, report: Report, bounds: Bounds): LogReader {
  const { proven, since, keyFrom } = bounds;
  const places = proven === undefined ? treePlaces(report, since) : provenPlaces(proven);
  const { place, rootAt } = places;
  const timeline = openTimeline(report);
  const known = { isOwnWord: keyFrom !== undefined, isPart: proven !== undefined };
  const keys = watchKeys({ ...trust, ...known }, rootAt, report);
  const anchors = verifyAnchors(trust, report);
  const witnessed = openWitnessedTimes(anchors.heads, report);
  let gaps = 0;
  return {
    ...places,
    read: (stored) => {
      const seen = stored.seen ?? { hash: leafHash(stored.bytes), isCanonical: false };
      place(stored.seq, seen.hash);
      const known = readEntry({ ...stored, seen }, trust, report);
      if (known === null) {
        return null;
      }
      timeline.add(known.leaf);
      witnessed.add(known.leaf);
      gaps += known.leaf.type === 'sink.gap' ? 1 : 0;
      keys.add(known.entry);
      return known.entry;
    },
    keys,
    history: () => keys.history(),
    anchors,
    witnessed,
    lastTime: () => timeline.last(),
    gaps: () => gaps,
  };
}

function readEntry(
  exhibit: Required<StoredLeaf>,
  of: Pick<Trust, 'origin'>,
  report: Report,
): { readonly leaf: Leaf; readonly entry: Recorded } | null {
  const complain = (code: Finding['code'], message: string): null => {
    report({ verdict: 'integrity', code, index: exhibit.seq, message });
    return null;
  };
  try {
    const leaf = decodeLeaf(exhibit.bytes, exhibit.seen.isCanonical);
    const entry = recordedFrom(leaf, exhibit, exhibit.seen.hash);
    return leaf.origin === of.origin
      ? { leaf, entry }
      : complain('E_ORIGIN', `the entry says that it belongs to \`${leaf.origin}\``);
  } catch (error) {
    return complain(
      'E_LEAF',
      error instanceof RunbookError ? error.message : 'the entry cannot be read',
    );
  }
}
