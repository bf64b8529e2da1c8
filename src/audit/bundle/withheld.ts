import { RunbookError } from '../../base/errors.ts';
import { blobsOf, commitmentsOf } from '../../run/named-blobs.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Evidence } from './evidence.ts';

/**
 * What the rows of `withheld.csv` must begin with (`entry,what,id`), by what the entries name and the bundle
 * does not hold. Why it is not there, the journal alone knew.
 */
export function withheldBegins({ entries, blobs, openings }: Evidence): readonly string[] {
  const held = new Set<string>([
    ...blobs.map(({ id }) => id),
    ...openings.map(({ commitment }) => commitment),
  ]);
  const seen = new Set<string>();
  return entries.flatMap((entry) =>
    namedBy(entry)
      .filter(({ id, once }) => !held.has(id) && !(once && seen.has(id)))
      .map(({ what, id }) => {
        seen.add(id);
        return `${entry.seq},${what},${id},`;
      }),
  );
}

/** Files with content that no entry names: whoever put them there, the log did not. */
export function unnamedFiles({ entries, blobs, openings }: Evidence): readonly string[] {
  const named = new Set<string>(entries.flatMap(namedBy).map(({ id }) => id));
  return [
    ...blobs.filter(({ id }) => !named.has(id)).map(({ id }) => `blobs/${id}`),
    ...openings
      .filter(({ commitment }) => !named.has(commitment))
      .map(({ commitment }) => `openings/${commitment}`),
  ];
}

interface Named {
  readonly what: string;
  readonly id: string;
  /** A blob that several entries name has one row. */
  readonly once: boolean;
}

/** An entry that cannot be read names nothing; whoever judges it says what is wrong with it. */
function namedBy({ seq, bytes }: Evidence['entries'][number]): readonly Named[] {
  try {
    const event = bytes === null ? null : recordedOf({ seq, bytes }).event;
    return event === null
      ? []
      : [
          ...blobsOf(event).map(({ id, what }) => ({ what, id, once: true })),
          ...[...commitmentsOf(event)].map(([name, id]) => ({
            what: `opening ${name}`,
            id,
            once: false,
          })),
        ];
  } catch (error) {
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}
