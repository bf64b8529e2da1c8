import type { Finding } from '../../audit/finding.ts';
import { openLogReader } from '../../audit/read-log.ts';
import type { KeyHistory } from '../../journal/key-history.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import { formatVerifierKey } from '../../journal/verifier-key.ts';
import type { Store } from '../../store/store.ts';
import { readLeaves } from './read-leaves.ts';
import type { Since } from './read-since.ts';
import { page } from './verify-log.ts';

/**
 * Holds what the journal's index told of its keys before a head against all entries before it: whoever leaves
 * the recovery key out there makes one of their own look like the first. Reads them all, so it is asked only
 * where keys change behind the head.
 */
export async function checkKeysBefore(
  store: Store,
  { size, peaks, keys }: Pick<Since, 'size' | 'peaks' | 'keys'>,
): Promise<readonly Finding[]> {
  const [{ publicKey }] = keys.keys;
  const trust = { origin: store.origin, publicKey, receipts: [], pins: [] };
  // They are not judged: what else is wrong with them, whoever reads the whole journal is told.
  const log = openLogReader(trust, () => undefined, {});
  for (let from = 0; from < size; from += page) {
    for (const leaf of await readLeaves(store, from, Math.min(from + page, size))) {
      if (leaf.kind === 'entry') {
        log.read(leaf);
      } else {
        log.place(leaf.seq, Buffer.from(leaf.hash, 'hex'));
        log.keys.addPruned(leaf.seq);
      }
    }
  }
  const isWhole = log.rootAt(size) === rootOfPeaks(peaks).toString('base64');
  return isWhole && describe(log.history()) === describe(keys) ? [] : [otherKeys(size)];
}

/** Which keys there are, and since when. */
function describe({ keys, recoveries }: KeyHistory): string {
  const signing = keys.map(({ name, publicKey, from }) => [
    formatVerifierKey(name, publicKey),
    from,
  ]);
  const named = recoveries.map(({ public: line, index }) => [line, index]);
  return JSON.stringify([signing, named]);
}

function otherKeys(size: number): Finding {
  const message = `the entries before ${size} do not lead to the keys that the journal's index names: which key may sign later ones, only the whole journal shows`;
  return { verdict: 'integrity', code: 'E_KEY_ROTATION', index: size, message };
}
