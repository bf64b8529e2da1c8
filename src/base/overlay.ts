/**
 * The map with another value under a key that it has; the map itself stays as it was. What thousands of
 * entries change one by one is never copied: of the maps that come of one another the newest holds the
 * values, and each one before it knows what its successor changed.
 */
export function withValue<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  key: Key,
  value: Value,
): ReadonlyMap<Key, Value> {
  return (map instanceof Version ? map : new Version(new Map(map))).withValue(key, value);
}

/** What was there before the next version. */
interface Undo<Key, Value> {
  readonly next: Version<Key, Value>;
  readonly key: Key;
  readonly value: Value;
}

/** Keeps the keys that it was made with, in their order. */
class Version<Key, Value> implements ReadonlyMap<Key, Value> {
  /** The newest version has the values; one before it gets its own once somebody looks into it again. */
  #held: Map<Key, Value> | null;
  #undo: Undo<Key, Value> | null = null;

  constructor(held: Map<Key, Value>) {
    this.#held = held;
  }

  get size(): number {
    return this.#values().size;
  }

  withValue(key: Key, value: Value): Version<Key, Value> {
    const values = this.#values();
    const before = values.get(key);
    if (before === undefined) {
      return this;
    }
    const next = new Version(values.set(key, value));
    this.#held = null;
    this.#undo = { next, key, value: before };
    return next;
  }

  get(key: Key): Value | undefined {
    return this.#values().get(key);
  }

  has(key: Key): boolean {
    return this.#values().has(key);
  }

  forEach(call: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) {
      call(value, key, this);
    }
  }

  *entries(): MapIterator<[Key, Value]> {
    // Value by value: the next version may be made in between, and takes the values along.
    for (const key of this.#values().keys()) {
      const value = this.get(key);
      if (value !== undefined) {
        yield [key, value];
      }
    }
  }

  keys(): MapIterator<Key> {
    return this.#values().keys();
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this) {
      yield value;
    }
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  #values(): Map<Key, Value> {
    this.#held ??= this.#restored();
    return this.#held;
  }

  /** The newest version's values, and every change since taken back. */
  #restored(): Map<Key, Value> {
    const changes: Undo<Key, Value>[] = [];
    let newest = this.#held;
    for (let undo = this.#undo; undo !== null; undo = undo.next.#undo) {
      changes.push(undo);
      newest = undo.next.#held;
    }
    this.#undo = null;
    const values = new Map(newest);
    for (const { key, value } of changes.reverse()) {
      values.set(key, value);
    }
    return values;
  }
}
