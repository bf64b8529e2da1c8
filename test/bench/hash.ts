import { join } from 'node:path';
import { leafHash } from '../../src/journal/leaf.ts';
import { treeRoot } from '../../src/journal/merkle.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { selectEntries } from '../../src/store/sqlite/entries.ts';

const page = 1000;

/**
 * `DIR`: the least that a verifier must do: SHA-256 of every entry, and of the tree over them. Prints one JSON
 * object: how long that alone took, and with reading the entries.
 */
function main(dir: string): void {
  const began = performance.now();
  const db = new Connection(join(dir, 'journal.sqlite'));
  const roots: Buffer[] = [];
  let hashingMs = 0;
  for (let from = 0, read = page; read === page; from += page) {
    const entries = selectEntries(db, from, from + page);
    const since = performance.now();
    roots.push(treeRoot(entries.map(({ bytes }) => leafHash(bytes))));
    hashingMs += performance.now() - since;
    read = entries.length;
  }
  treeRoot(roots);
  db.close();
  const wholeMs = performance.now() - began;
  process.stdout.write(JSON.stringify({ hashing_ms: hashingMs, whole_ms: wholeMs }));
}

main(process.argv[2] ?? '');
