import { IntegrityError, UsageError } from '../../base/errors.ts';
import { type Checkpoint, openNote, parseCheckpoint } from '../../journal/checkpoint.ts';
import { historyAt, type KeyHistory, keyAt } from '../../journal/key-history.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import { splitNote } from '../../journal/note.ts';
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
 * UsageError `since_unknown`, `since_too_new`, and as `openKept`.
 */
export async function readSince(
  store: Store,
  given: NamedText | number,
  newest: number,
): Promise<Since> {
  const size =
    typeof given === 'number'
      ? await sizeUpTo(store, given, newest)
      : (await openKept(store, given, newest)).size;
  const history = await store.keys();
  return {
    size,
    peaks: await store.peaks(size),
    key: keyAt(history, size),
    keys: historyAt(history, size),
    kept: typeof given === 'number' ? null : { name: given.file, note: given.text },
  };
}

/**
 * A head of this log that somebody kept, which it goes on from. Throws UsageError `since_unreadable` for
 * what is no signed head, IntegrityError `E_STH_SIG` for one of another key, `E_TRUNCATED`, `E_FORK`.
 */
export async function openKept(
  store: Store,
  { file, text }: NamedText,
  newest: number,
): Promise<Checkpoint> {
  const { size } = parseNote(file, text);
  const { root } = openSigned(file, text, keyAt(await store.keys(), size));
  if (size > newest) {
    const message = `\`${file}\` saw ${size} entries, and the journal has ${newest}`;
    throw contradicts('E_TRUNCATED', message);
  }
  if (!rootOfPeaks(await store.peaks(size)).equals(root)) {
    const message = `the journal's first ${size} entries are not the ones of \`${file}\``;
    throw contradicts('E_FORK', message);
  }
  return { origin: store.origin, size, root };
}

async function sizeUpTo(store: Store, given: number, newest: number): Promise<number> {
  if (given > newest) {
    throw new UsageError({
      code: 'since_too_new',
      message: `\`--since ${given}\` is behind the end: the journal has ${newest} entries`,
    });
  }
  const own = await store.headUpTo(given);
  if (own === null) {
    const message = `the journal has no head of ${given} entries or fewer`;
    throw new UsageError({ code: 'since_unknown', message });
  }
  // What its row says is held against the signature, like everything that is read.
  openNote(own.note, [keyAt(await store.keys(), own.size)]);
  return own.size;
}

function parseNote(file: string, text: string): Checkpoint {
  try {
    return parseCheckpoint(splitNote(text).body);
  } catch (cause) {
    throw new UsageError({
      code: 'since_unreadable',
      message: `\`${file}\` is not a signed head`,
      hint: 'a `checkpoint` of an evidence bundle is one, and what `runbook audit show N --json` calls so',
      cause,
    });
  }
}

function openSigned(file: string, text: string, key: VerifierKey): Checkpoint {
  try {
    return openNote(text, [key]).checkpoint;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw contradicts('E_STH_SIG', `\`${file}\`: ${words}`);
  }
}

function contradicts(
  code: 'E_TRUNCATED' | 'E_FORK' | 'E_STH_SIG',
  message: string,
): IntegrityError {
  return new IntegrityError({
    code,
    message,
    hint: 'verify the whole journal: leave out `--since`, and give the head with `--checkpoint`',
  });
}
