#!/usr/bin/env node
// Copies a SQLite database while others write to it, and proves that the copy is complete.
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import Sqlite from 'better-sqlite3';

const usage = `usage: export.mjs copy -- DATABASE COPY     make COPY; what exists is never overwritten
       export.mjs verify -- DATABASE COPY   compare COPY with DATABASE, row by row
`;
const verbs = { copy, verify };

async function copy(from, to) {
  const source = open(from);
  // A folder of our own (0700) keeps the draft private; `publish` gives it its name when it is complete.
  const folder = mkdtempSync(join(dirname(to), '.export-'));
  const draft = join(folder, 'copy');
  process.umask(0o077);
  try {
    // One read transaction around both: the digest is that of the very rows that are copied.
    source.exec('begin');
    const content = digest(source);
    await source.backup(draft);
    publish(draft, to);
    return { ...content, file_sha256: await fileDigest(to) };
  } finally {
    source.close();
    rmSync(folder, { recursive: true });
  }
}

async function verify(from, to) {
  const mode = (statSync(to).mode & 0o777).toString(8);
  if (mode !== '600') {
    throw new Error(`${to}: mode is ${mode}, not 600`);
  }
  const dump = open(to);
  const damage = dump.pragma('integrity_check', { simple: true });
  if (damage !== 'ok') {
    throw new Error(`${to}: ${damage}`);
  }

  const [wanted, found] = [digest(open(from)), digest(dump)];
  for (const table of new Set([...Object.keys(wanted.tables), ...Object.keys(found.tables)])) {
    const [there, here] = [wanted.tables[table] ?? 'no', found.tables[table] ?? 'no'];
    if (there !== here) {
      throw new Error(`table \`${table}\`: ${there} rows in ${from}, ${here} in ${to}`);
    }
  }
  if (wanted.sha256 !== found.sha256) {
    throw new Error(
      `same row counts, other content: ${wanted.sha256} in ${from}, ${found.sha256} in ${to}`,
    );
  }
  return { ...found, file_sha256: await fileDigest(to) };
}

/** Row counts, and one SHA-256 over the schema and every row: two databases that agree hold the same. */
function digest(database) {
  const hash = createHash('sha256');
  const tables = {};
  let rows = 0;
  for (const { type, name, sql } of database.prepare(schema).all()) {
    hash.update(frame(sql));
    if (type === 'table') {
      tables[name] = 0;
      for (const row of database
        .prepare(`select * from ${quote(name)}`)
        .raw()
        .iterate()) {
        hash.update(frame(row.map(typed)));
        tables[name] += 1;
      }
      rows += tables[name];
    }
  }
  return { rows, tables, sha256: hash.digest('hex') };
}

const schema = `
  select type, name, sql from sqlite_schema
  where sql is not null and name not like 'sqlite\\_%' escape '\\' order by type, name`;

/** Framed, so that no two lists of values share their bytes. */
function frame(value) {
  return `${JSON.stringify(value)}\n`;
}

/** The integer 1, the real 1.0, the text '1' and the blob x'31' are four values. */
function typed(value) {
  if (typeof value === 'bigint') {
    return { integer: value.toString() };
  }
  if (typeof value === 'number') {
    return { real: value.toString() };
  }
  if (Buffer.isBuffer(value)) {
    return { blob: value.toString('hex') };
  }
  return value;
}

/** One durable file first, then visible under its name; `link` fails where the name is taken. */
function publish(file, name) {
  const database = new Sqlite(file);
  database.pragma('journal_mode = delete'); // a copy in WAL mode would need two more files beside it
  database.close();
  const handle = openSync(file, 'r');
  fsyncSync(handle);
  closeSync(handle);
  linkSync(file, name);
}

function open(file) {
  return new Sqlite(file, { readonly: true, fileMustExist: true }).defaultSafeIntegers(true);
}

async function fileDigest(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

function quote(name) {
  return `"${name.replaceAll('"', '""')}"`;
}

const [verb, from, to] = parseArgs({ allowPositionals: true }).positionals;
if (!Object.hasOwn(verbs, verb ?? '') || from === undefined || to === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(`${JSON.stringify(await verbs[verb](from, to))}\n`);
  } catch (error) {
    process.stderr.write(`export: ${error.message}\n`);
    process.exitCode = 1;
  }
}
