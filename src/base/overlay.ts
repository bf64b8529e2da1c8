/** So many changes lie above the map that they changed; then a new one is made. */
const most = 16;

/**
 * The map with another value under a key that it has; the map itself stays as it was. What thousands of
 * entries change one by one is not copied whole each time.
 */
export function withValue<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  key: Key,
  value: Value,
): ReadonlyMap<Key, Value> {
  return (map instanceof Overlay ? map : new Overlay(map)).withValue(key, value);
}

/** Keeps the keys that it was made with, in their order. */
class Overlay<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly #base: ReadonlyMap<Key, Value>;
  readonly #changed: ReadonlyMap<Key, Value>;

  constructor(base: ReadonlyMap<Key, Value>, changed: ReadonlyMap<Key, Value> = new Map()) {
    this.#base = base;
    this.#changed = changed;
  }

  get size(): number {
    return this.#base.size;
  }

  withValue(key: Key, value: Value): Overlay<Key, Value> {
    const changed = new Map(this.#changed).set(key, value);
    return changed.size <= most
      ? new Overlay(this.#base, changed)
      : new Overlay(new Map(this.#entries(changed)));
  }

  get(key: Key): Value | undefined {
    return this.#changed.get(key) ?? this.#base.get(key);
  }

  has(key: Key): boolean {
    return this.#base.has(key);
  }

  forEach(call: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    // The native loop: whoever looks through all values looks through many.
    this.#base.forEach((value, key) => {
      call(this.#changed.get(key) ?? value, key, this);
    });
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#entries(this.#changed);
  }

  keys(): MapIterator<Key> {
    return this.#base.keys();
  }

  *values(): MapIterator<Value> {
    for (const [key, value] of this.#base) {
      yield this.#changed.get(key) ?? value;
    }
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  *#entries(changed: ReadonlyMap<Key, Value>): MapIterator<[Key, Value]> {
    for (const [key, value] of this.#base) {
      yield [key, changed.get(key) ?? value];
    }
  }
}
