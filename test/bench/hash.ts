import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { selectEntries } from '../../src/store/sqlite/entries.ts';

const batch = 1000;

/** `DIR`: reads every entry of a journal and takes SHA-256 of it: the least that a verifier must do. */
function main(dir: string): void {
  const db = new Connection(join(dir, 'journal.sqlite'));
  for (let from = 0, read = batch; read === batch; from += batch) {
    const entries = selectEntries(db, from, from + batch);
    for (const { bytes } of entries) {
      createHash('sha256').update(bytes).digest();
    }
    read = entries.length;
  }
  db.close();
}

main(process.argv[2] ?? '');
