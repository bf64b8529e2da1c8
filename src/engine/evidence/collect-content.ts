import { disclosedBy } from '../../audit/bundle/disclosed-by.ts';
import type { Disclosure, Evidence, Withheld } from '../../audit/bundle/evidence.ts';
import type { BlobId, Sha256 } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import { blobsOf, commitmentsOf } from '../../run/named-blobs.ts';
import type { Store } from '../../store/store.ts';

/** The content that these entries name, as far as it is given away. Nothing is left out unsaid. */
export async function collectContent(
  store: Store,
  entries: readonly Recorded[],
  disclosed: readonly Disclosure[],
): Promise<Pick<Evidence, 'blobs' | 'openings' | 'withheld'>> {
  const content = { blobs: [] as Blobs, openings: [] as Openings, withheld: [] as Withheld[] };
  const seen = new Set<string>();
  for (const { seq, event } of entries) {
    for (const { id, what } of blobsOf(event).filter((each) => !seen.has(each.id))) {
      seen.add(id);
      const asked = disclosedBy(what, disclosed);
      const state = asked ? await store.checkBlob(id) : 'withheld';
      if (state === 'ok') {
        content.blobs.push({ id, ...(await store.getBlob(id)) });
      } else {
        const why = asked ? await whyGone(store, id) : 'not disclosed';
        content.withheld.push({ what, id, entry: seq, why });
      }
    }
    for (const [name, commitment] of commitmentsOf(event)) {
      const asked = disclosed.includes('openings');
      const salt = asked ? await store.getOpening(commitment) : null;
      if (salt === null) {
        const why = asked ? await whyGone(store, commitment) : 'not disclosed';
        content.withheld.push({ what: `opening ${name}`, id: commitment, entry: seq, why });
      } else {
        content.openings.push({ commitment, salt });
      }
    }
  }
  return content;
}

type Blobs = { readonly id: BlobId; readonly salt: Buffer; readonly bytes: Buffer }[];
type Openings = { readonly commitment: Sha256; readonly salt: Buffer }[];

/** A damaged blob is no better than a missing one: its bytes are nobody's evidence. */
async function whyGone(store: Store, id: BlobId | Sha256): Promise<'erased' | 'missing'> {
  return (await store.erasedBy(id)) === null ? 'missing' : 'erased';
}
