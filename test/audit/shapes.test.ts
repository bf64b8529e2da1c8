import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Audit, beginAudit } from '../../src/audit/audit.ts';
import type { Blob } from '../../src/audit/exhibit.ts';
import type { BlobId } from '../../src/base/ids.ts';
import { canonicalize } from '../../src/base/jcs.ts';
import type { Json } from '../../src/base/json.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { decodeLeaf } from '../../src/journal/leaf.ts';
import type { StoredEntry } from '../../src/store/store.ts';
import { leaveUnknown } from '../attacks/forge.ts';
import { gated, openCourt } from './court.ts';

/** Every path of a value, the value itself left out. */
function pathsOf(value: Json): (string | number)[][] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsOf(inner).map((path) => [key, ...path]),
  ]);
}

function withAt(value: Json, [key, ...rest]: (string | number)[], put: Json | undefined): Json {
  if (key === undefined) {
    return put ?? null;
  }
  const copy = structuredClone(value) as Record<string | number, Json>;
  if (rest.length === 0 && put === undefined) {
    Reflect.deleteProperty(copy, key);
  } else {
    copy[key] = withAt(copy[key] ?? null, rest, put);
  }
  return copy;
}

/** A hole in a list becomes null. */
const plain = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

const anyJson = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<Json>(null, '', 0, -1, true, [], {}, '__proto__', '../../etc/passwd'),
  fc.jsonValue({ maxDepth: 2 }).map((value) => plain(value as Json)),
);

test('no shape of an entry stops the audit, whatever stands where', async () => {
  const { scene, run } = await openCourt({ runbook: `${gated}    check: { exec: "false" }\n` });
  await scene.decide(scene.people.robin, 'approve');
  await leaveUnknown(scene, run);
  const { store } = scene.engine();
  const entries = await store.entries(0, (await store.head()).size);
  const blobs = await readAll(entries, async (id) => (await store.getBlob(id)).bytes);

  const { publicKey } = newestKey(await store.keys());
  const audit = (exhibits: readonly StoredEntry[]): Audit => {
    const { origin } = store;
    const made = beginAudit({ origin, publicKey, receipts: [], pins: [] });
    for (const exhibit of exhibits) {
      made.add({ ...exhibit, blobs });
    }
    return made;
  };
  expect(audit(entries).findings()).toEqual([]);

  const places = entries.flatMap((entry) =>
    pathsOf(decodeLeaf(entry.bytes).data).map((path) => ({ seq: entry.seq, path })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), anyJson, ({ seq, path }, put) => {
      const changed = entries.map((entry) => {
        const leaf = decodeLeaf(entry.bytes);
        return entry.seq === seq
          ? {
              ...entry,
              bytes: Buffer.from(
                canonicalize({ ...leaf, data: plain(withAt(leaf.data, path, put)) }),
              ),
            }
          : entry;
      });
      const made = audit(changed);
      expect(made.verdicts().map(({ name }) => name)).toEqual([
        'integrity',
        'completeness',
        'authorization',
        'time',
        'replicas',
      ]);
    }),
    { numRuns: 400 },
  );
});

async function readAll(
  entries: readonly StoredEntry[],
  read: (id: BlobId) => Promise<Buffer>,
): Promise<ReadonlyMap<BlobId, Blob>> {
  const ids = entries.flatMap(
    ({ bytes }) => bytes.toString('utf8').match(/(?<=")[0-9a-f]{64}(?=")/g) ?? [],
  );
  const blobs = new Map<BlobId, Blob>();
  for (const id of new Set(ids) as Set<BlobId>) {
    try {
      blobs.set(id, { state: 'ok', bytes: await read(id) });
    } catch {
      // A digest of something else.
    }
  }
  return blobs;
}
