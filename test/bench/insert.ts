import { join } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import { encodeLeaf } from '../../src/journal/leaf.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { runStarted } from '../support/some-events.ts';

/** `DIR COUNT`: inserts of the bytes that `commit.ts` appends, a durable transaction each, and nothing else. */
function main(dir: string, count: number): void {
  const db = new Connection(join(dir, 'plain.sqlite'));
  db.script('create table if not exists plain (bytes blob not null) strict');
  const { type, data } = runStarted();
  const bytes = encodeLeaf({
    v: 1,
    origin: 'runbook/bench',
    seq: 0,
    type,
    time: '2026-01-02T03:04:05.678Z',
    mono: 0,
    boot: 'boot',
    run: 'run',
    cmd: 'run.started',
    data: JSON.parse(JSON.stringify(data)) as JsonObject,
  });
  const insert = db.prepare('insert into plain (bytes) values (?)');
  for (let at = 0; at < count; at += 1) {
    db.immediate(() => insert.run(bytes));
  }
  db.close();
}

main(process.argv[2] ?? '', Number(process.argv[3]));
