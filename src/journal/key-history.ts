import { keyId, type VerifierKey } from './verifier-key.ts';

/**
 * Which key may sign which heads of a log, and which offline key authorises the next one. It follows from
 * genesis and the `key.*` entries, and from nothing else; `approval/court/judge-keys.ts` folds them.
 */
export interface KeyHistory {
  /** In order; at each size exactly one of them signs. */
  readonly keys: readonly [LogKey, ...LogKey[]];
  /** In order; the last is in force. */
  readonly recoveries: readonly RecoveryKey[];
  /** Index of the last entry that changed any of this; 0 is genesis. */
  readonly changed: number;
}

/** A key of the log, and the heads it may sign. */
export interface LogKey extends VerifierKey {
  /** Key id in hex. A hint, four bytes long: two keys of one log never share it. */
  readonly id: string;
  /** Size of the smallest head it may sign: the first that holds the entry which names it. */
  readonly from: number;
  /** How its time ended; null for the key that signs now. */
  readonly ended: KeyEnd | null;
}

/** What ended a key's time. */
export interface KeyEnd {
  /** Size of the largest head that it may sign: also the index of the entry that ended it. */
  readonly size: number;
  readonly reason: 'rotation' | 'lost' | 'compromised';
  /** RFC 3339: since when others may have signed with it; null but for `compromised`. */
  readonly compromisedSince: string | null;
}

/** An SSH key, kept offline. */
export interface RecoveryKey {
  /** OpenSSH public key line without comment. */
  readonly public: string;
  /** Index of the entry that names it: in force for every later one. */
  readonly index: number;
}

/** A log with its first key. */
export function beginHistory(first: VerifierKey, recovery: string | null): KeyHistory {
  return {
    keys: [logKey(first, 1)],
    recoveries: recovery === null ? [] : [{ public: recovery, index: 0 }],
    changed: 0,
  };
}

/** From the entry at `index` on another key signs. Whether that may be is judged before. */
export function withKey(
  history: KeyHistory,
  index: number,
  of: { readonly key: VerifierKey } & Omit<KeyEnd, 'size'>,
): KeyHistory {
  const { key, reason, compromisedSince } = of;
  const [first, ...later] = history.keys;
  const ended = { size: index, reason, compromisedSince };
  const next = logKey(key, index + 1);
  const last = later.pop();
  return {
    ...history,
    keys:
      last === undefined
        ? [{ ...first, ended }, next]
        : [first, ...later, { ...last, ended }, next],
    changed: index,
  };
}

/** From the entry at `index` on another key authorises. */
export function withRecovery(history: KeyHistory, index: number, line: string): KeyHistory {
  const recoveries = [...history.recoveries, { public: line, index }];
  return { ...history, recoveries, changed: index };
}

/** The history as the first `size` entries tell it: for whoever goes on from a head they believe. */
export function historyAt(history: KeyHistory, size: number): KeyHistory {
  const [first, ...later] = history.keys;
  const isKnown = (index: number): boolean => index < size;
  const open = (key: LogKey): LogKey =>
    key.ended === null || isKnown(key.ended.size) ? key : { ...key, ended: null };
  const recoveries = history.recoveries.filter(({ index }) => isKnown(index));
  const keys = later.filter(({ from }) => isKnown(from - 1)).map(open);
  const changes = [...keys.map(({ from }) => from - 1), ...recoveries.map(({ index }) => index)];
  return { keys: [open(first), ...keys], recoveries, changed: Math.max(0, ...changes) };
}

/** The one key that may sign heads of this size. */
export function keyAt(history: KeyHistory, size: number): LogKey {
  return history.keys.findLast(({ from }) => from <= size) ?? history.keys[0];
}

/** The key that signs now. */
export function newestKey(history: KeyHistory): LogKey {
  return keyAt(history, Number.MAX_SAFE_INTEGER);
}

/** The recovery key in force for an entry at `index`; null where none was named before it. */
export function recoveryAt(history: KeyHistory, index: number): RecoveryKey | null {
  return history.recoveries.findLast((named) => named.index < index) ?? null;
}

/** The recovery key in force now. */
export function recoveryNow(history: KeyHistory): RecoveryKey | null {
  return recoveryAt(history, Number.MAX_SAFE_INTEGER);
}

/** Whether a head of this size may be signed by the key of this id. */
export function isTrusted(history: KeyHistory, size: number, id: string): boolean {
  return keyAt(history, size).id === id;
}

/** A head that somebody outside had. */
export interface TimedHead {
  readonly size: number;
  /** RFC 3339, by their own word; null where they say none: then it shows nothing of before and after. */
  readonly time: string | null;
}

/** Entries `from <= index < to` for which only a key stands that others may have had. */
export interface UnprovenRange {
  readonly from: number;
  readonly to: number;
  readonly keyId: string;
  readonly since: string;
}

/**
 * What is left unproven by keys that were compromised: entries that such a key signed, and that no outside
 * head covers which is from before its compromise. Below the newest such head everything stands.
 */
export function unprovenRanges(
  history: KeyHistory,
  outside: readonly TimedHead[],
): readonly UnprovenRange[] {
  return history.keys.flatMap(({ id, from: signedFrom, ended }) => {
    const since = ended?.compromisedSince ?? null;
    if (ended === null || since === null) {
      return [];
    }
    const covered = outside
      .filter(({ time }) => time !== null && Date.parse(time) < Date.parse(since))
      .map(({ size }) => Math.min(size, ended.size));
    const from = Math.max(signedFrom - 1, ...covered);
    return from < ended.size ? [{ from, to: ended.size, keyId: id, since }] : [];
  });
}

function logKey({ name, publicKey }: VerifierKey, from: number): LogKey {
  const id = keyId(name, publicKey).toString('hex');
  return { name, publicKey, id, from, ended: null };
}
