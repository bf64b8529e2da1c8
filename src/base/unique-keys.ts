/** Strings with a colon behind them are keys; the rest is passed over. Each quote is looked at once or twice. */
const marks = /("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}[\]]/g;

/**
 * Whether no object of a JSON text names a key twice. `JSON.parse` takes the last of them and other readers
 * the first, so that one text could say two things. For text that `JSON.parse` has read.
 */
export function hasUniqueKeys(json: string): boolean {
  const open: Set<unknown>[] = [];
  for (const [mark, key] of json.matchAll(marks)) {
    if (mark === '{' || mark === '[') {
      open.push(new Set());
    } else if (mark === '}' || mark === ']') {
      open.pop();
    } else if (key !== undefined) {
      const keys = open.at(-1);
      const name: unknown = JSON.parse(key);
      if (keys?.has(name) === true) {
        return false;
      }
      keys?.add(name);
    }
  }
  return true;
}
