import { array, assert, integer, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime } from '../../src/base/clock.ts';
import type { RunId } from '../../src/base/ids.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { latestTimeSince, noTimes } from '../../src/store/sqlite/latest-times.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = 'r' as RunId;

/** A file with the tables that times are read from. */
function logOf(): Connection {
  const db = new Connection(`${tempFolder()}/times.sqlite`);
  db.script(`
    create table entries (seq integer primary key, bytes blob not null) strict;
    create table pruned (seq integer primary key, time text not null) strict;
    create table runs (run text primary key, first integer not null) strict;
  `);
  return db;
}

const minute = integer({ min: 0, max: 20 });
const step = record({
  minutes: array(minute, { maxLength: 4 }),
  first: integer({ min: 0, max: 30 }),
});

test('the latest time since a run began is the one that reading everything finds', () => {
  const db = logOf();
  assert(
    property(array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      db.script('delete from entries; delete from runs');
      const times = noTimes();
      const made: string[] = [];
      for (const { minutes, first } of steps) {
        for (const at of minutes) {
          const time = formatTime(at * 60_000);
          const bytes = Buffer.from(JSON.stringify({ time }));
          db.prepare('insert into entries (seq, bytes) values (?, ?)').run(made.length, bytes);
          made.push(time);
        }
        db.prepare('insert or replace into runs (run, first) values (?, ?)').run(run, first);
        const latest = made.slice(first).toSorted().at(-1) ?? null;
        expect(latestTimeSince(db, times, { run, size: made.length })).toBe(latest);
      }
    }),
  );
  db.close();
});

test('a run that nobody knows has none', () => {
  const db = logOf();
  expect(latestTimeSince(db, noTimes(), { run: null, size: 0 })).toBeNull();
  db.close();
});
