/** Remembers what came once, until it could not come again. */
export interface Memory {
  has(key: string, nowMs: number): boolean;
  /** True where `key` is new. */
  remember(key: string, nowMs: number): boolean;
}

/**
 * A memory of this process alone. It spares people a second answer; that nothing is decided twice is the
 * journal's doing, which knows every event by its name, after a restart too. When full it forgets the
 * oldest first, for the same reason.
 */
export function openMemory({ keepMs, most }: { keepMs: number; most: number }): Memory {
  const seen = new Map<string, number>();
  const has = (key: string, nowMs: number): boolean => {
    for (const [old, at] of seen) {
      if (nowMs - at <= keepMs) {
        break;
      }
      seen.delete(old);
    }
    return seen.has(key);
  };
  return {
    has,
    remember(key, nowMs) {
      if (has(key, nowMs)) {
        return false;
      }
      const [oldest] = seen.keys();
      if (oldest !== undefined && seen.size >= most) {
        seen.delete(oldest);
      }
      seen.set(key, nowMs);
      return true;
    },
  };
}
