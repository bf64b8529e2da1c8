import type Sqlite from 'better-sqlite3';
import { JournalError } from '../../base/errors.ts';
import { loadDriver } from './driver.ts';

/** What a column holds. */
export type Value = string | number | Buffer | null;

/** Of the file's pages, in KiB: SQLite's own default. The driver's takes 16 MB of whoever reads all entries once. */
const cacheKib = 2000;

/** How long a writer waits for another process before it gives up. */
const busyTimeoutMs = 5000;

/** One open database file. Statements are prepared once each; rows come as their query names them. */
export class Connection {
  readonly #database: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement<Value[]>>();

  constructor(file: string) {
    this.#database = new (loadDriver())(file, { timeout: busyTimeoutMs });
    try {
      this.#makeDurable();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /**
   * Prepares each text once. Tables are `strict`, so a row has the types that its columns say: `Row` is
   * where those become types, and the only place.
   */
  prepare<Row>(sql: string): Sqlite.Statement<Value[], Row> {
    const known = this.#statements.get(sql) ?? this.#database.prepare<Value[]>(sql);
    this.#statements.set(sql, known);
    return known as Sqlite.Statement<Value[], Row>;
  }

  /** Several statements without values: a migration. */
  script(sql: string): void {
    this.#database.exec(sql);
  }

  pragma(name: string): unknown {
    return this.#database.pragma(name, { simple: true });
  }

  /**
   * Runs `work` in one transaction, all or nothing. The write lock is taken first: a transaction that
   * reads first and then wants to write would fail as busy where another one wrote in between.
   */
  immediate<Result>(work: () => Result): Result {
    return this.#database.transaction(work).immediate();
  }

  close(): void {
    this.#database.close();
  }

  /** A WAL file that is opened again runs at NORMAL by default, which may lose acknowledged commits. */
  #makeDurable(): void {
    this.#database.pragma('journal_mode = wal');
    this.#database.pragma('synchronous = full');
    this.#database.pragma('foreign_keys = on');
    this.#database.pragma(`cache_size = -${cacheKib}`);
    const found = { journal: this.pragma('journal_mode'), synchronous: this.pragma('synchronous') };
    if (found.journal !== 'wal' || found.synchronous !== 2) {
      throw new JournalError({
        code: 'journal_unwritable',
        message: `\`${this.#database.name}\` runs as ${JSON.stringify(found)}, not as wal with full synchronisation`,
      });
    }
  }
}
