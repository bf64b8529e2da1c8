import { IntegrityError, UsageError } from '../../base/errors.ts';
import { openNote } from '../../journal/checkpoint.ts';
import { historyAt, type KeyHistory, keyAt } from '../../journal/key-history.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import type { VerifierKey } from '../../journal/verifier-key.ts';
import type { Store } from '../../store/store.ts';
import type { NamedText } from '../verify.ts';

/** A head from which on the journal is read. */
export interface Since {
  readonly size: number;
  readonly peaks: readonly Buffer[];
  /** The key that signed it. */
  readonly key: VerifierKey;
  /** The log's keys as the entries before it say. */
  readonly keys: KeyHistory;
  /** Its note, where the auditor brought it along; null for a head of the journal's own. */
  readonly kept: { readonly name: string; readonly note: string } | null;
}

/**
 * The head that an auditor has seen before, or the journal's own newest one of at most so many entries; and
 * the peaks that lead to its root, so that every later head must go on from just these entries. Throws
 * UsageError `since_unknown`, IntegrityError `E_FORK`, `E_TRUNCATED`, `E_STH_SIG`, `E_STH_FORM`.
 */
export async function readSince(
  store: Store,
  given: NamedText | number,
  newest: number,
): Promise<Since> {
  const kept = typeof given === 'number' ? null : { name: given.file, note: given.text };
  const own = typeof given === 'number' ? await store.headUpTo(given) : null;
  const note = kept?.note ?? own?.note;
  if (note === undefined) {
    throw new UsageError({
      code: 'since_unknown',
      message: `the journal has no head of ${typeof given === 'number' ? given : 0} entries or fewer`,
    });
  }
  const history = await store.keys();
  const { size, root } = openNote(note, history.keys).checkpoint;
  const where = kept?.name ?? 'the head';
  if (size > newest) {
    throw contradicts(
      'E_TRUNCATED',
      `\`${where}\` saw ${size} entries, and the journal has ${newest}`,
    );
  }
  const peaks = await store.peaks(size);
  if (!rootOfPeaks(peaks).equals(root)) {
    throw contradicts(
      'E_FORK',
      `the journal's first ${size} entries are not the ones of \`${where}\``,
    );
  }
  return { size, peaks, key: keyAt(history, size), keys: historyAt(history, size), kept };
}

function contradicts(code: 'E_TRUNCATED' | 'E_FORK', message: string): IntegrityError {
  return new IntegrityError({
    code,
    message,
    hint: 'verify the whole journal: leave out `--since`, and give the head with `--checkpoint`',
  });
}
