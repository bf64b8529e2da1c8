import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { RunbookError } from '../../src/base/errors.ts';
import { newNonce } from '../../src/base/ids.ts';
import { canonicalize } from '../../src/base/jcs.ts';
import { decodeLeaf } from '../../src/journal/leaf.ts';
import { decodePlan, encodePlan, planDigest } from '../../src/runbook/digest.ts';
import { verify } from '../audit/court.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { forgeDecision } from './forge.ts';
import { byHand, entryAt, newest, setEntry } from './journal-by-hand.ts';

const restart = `
name: restart
steps:
  - id: look
    run: echo fine
  - id: restart
    privileged: true
    run: echo ran >> ran.txt
`;

test('a plan swapped for one without privileged steps is not driven', async () => {
  const scene = openScene({ runbook: restart });
  const { run } = await scene.exec();
  const { store } = scene.engine();
  const started = byHand(scene, (db) => entryAt(db, newest(db, 'run.started')));
  const id = (JSON.parse(started) as { data: { plan: string } }).data.plan;
  const plan = decodePlan((await store.getBlob(id as never)).bytes);
  const loose = { ...plan, steps: plan.steps.map((step) => ({ ...step, privileged: false })) };
  const blob = await store.putBlob(encodePlan(loose));
  byHand(scene, (db) => {
    setEntry(
      db,
      newest(db, 'run.started'),
      started.replace(id, blob).replace(planDigest(plan), planDigest(loose)),
    );
    const requested = newest(db, 'approval.requested');
    db.prepare('delete from events where seq = ?').run(requested);
  });
  await expect(scene.resume(run)).rejects.toMatchObject({ exitCode: 14 });
  expect(existsSync(join(scene.dir, 'ran.txt'))).toBe(false);
});

/** The exit code of `audit verify`, whether it reports or refuses. */
async function verifyExit(scene: Scene): Promise<number> {
  return verify(scene).then(
    ({ exit_code }) => exit_code,
    (error: unknown) => (error instanceof RunbookError ? error.exitCode : -1),
  );
}

/** The size of the tree that the head row speaks of. */
function sizeOf(db: Sqlite.Database): number {
  return (db.prepare('select size from head').get() as { size: number }).size;
}

/** An entry that was never committed, put behind the last one with all its index rows. */
function append(db: Sqlite.Database, like: string, changes: (data: object) => object): number {
  const seq = sizeOf(db);
  const last = decodeLeaf(Buffer.from(entryAt(db, newest(db, like))));
  const cmd = newNonce();
  const data = changes(last.data) as typeof last.data;
  const bytes = Buffer.from(canonicalize({ ...last, seq, cmd, data }));
  db.prepare('insert into entries (seq, bytes) values (?, ?)').run(seq, bytes);
  db.prepare('insert into events (seq, run, cmd, type) values (?, ?, ?, ?)').run(
    seq,
    last.run,
    cmd,
    last.type,
  );
  return seq;
}

interface Tampering {
  readonly name: string;
  /** What honest people had done by then. */
  readonly before: readonly (readonly ['robin' | 'kim', 'approve' | 'reject'])[];
  readonly tamper: (db: Sqlite.Database) => void;
}

const approved = [['robin', 'approve']] as const;
const refused = [
  ['robin', 'approve'],
  ['kim', 'reject'],
] as const;

const tamperings: readonly Tampering[] = [
  {
    name: 'a decision put behind the last entry',
    before: approved,
    tamper: (db) => void append(db, 'approval.decided', (data) => ({ ...data, person: 'kim' })),
  },
  {
    name: 'a decision put behind the last entry, with the head moved over it',
    before: approved,
    tamper: (db) => {
      const seq = append(db, 'approval.decided', (data) => ({ ...data, person: 'kim' }));
      db.prepare('update head set size = ?').run(seq + 1);
    },
  },
  {
    name: 'a decision put behind the last entry, with the head and its signature moved over it',
    before: approved,
    tamper: (db) => {
      const seq = append(db, 'approval.decided', (data) => ({ ...data, person: 'kim' }));
      db.prepare('update head set size = ?').run(seq + 1);
      db.prepare(
        `update entries set (key_id, signature) =
           (select key_id, signature from entries where seq = ?) where seq = ?`,
      ).run(seq - 1, seq);
    },
  },
  {
    name: 'a rejection turned into an approval',
    before: refused,
    tamper: (db) => {
      const seq = newest(db, 'approval.decided');
      setEntry(db, seq, entryAt(db, seq).replace('"decision":"reject"', '"decision":"approve"'));
    },
  },
  {
    name: "a rejection hidden from the run's index",
    before: refused,
    tamper: (db) =>
      void db
        .prepare('update events set run = null where seq = ?')
        .run(newest(db, 'approval.decided')),
  },
  {
    name: 'a rejection given to another run, an innocent entry in its place',
    before: refused,
    tamper: (db) => {
      const { run } = db.prepare('select run from runs').get() as { run: string };
      db.prepare("update events set run = 'x' where seq = ?").run(newest(db, 'approval.decided'));
      db.prepare('update events set run = ? where seq = ?').run(run, newest(db, 'config.set'));
    },
  },
  {
    name: 'a rejection deleted',
    before: refused,
    tamper: (db) => {
      const seq = newest(db, 'approval.decided');
      db.prepare('delete from entries where seq = ?').run(seq);
      db.prepare('delete from events where seq = ?').run(seq);
    },
  },
  {
    name: 'two entries swapped',
    before: refused,
    tamper: (db) => {
      const [one, other] = [newest(db, 'approval.decided'), newest(db, 'approval.decided') - 1];
      const [first, second] = [entryAt(db, one), entryAt(db, other)];
      setEntry(db, one, second.replace(`"seq":${other}`, `"seq":${one}`));
      setEntry(db, other, first.replace(`"seq":${one}`, `"seq":${other}`));
    },
  },
  {
    name: 'a request made longer lived',
    before: approved,
    tamper: (db) => {
      const seq = newest(db, 'approval.requested');
      setEntry(db, seq, entryAt(db, seq).replace(/"unused_ms":\d+/, '"unused_ms":99999999'));
    },
  },
  {
    name: 'an outcome put in: the step succeeded, they say',
    before: approved,
    tamper: (db) => {
      append(db, 'step.finished', (data) => ({ ...data, step: 'restart', attempt: 1 }));
    },
  },
  {
    name: 'the signature over the head changed',
    before: approved,
    tamper: (db) =>
      void db
        .prepare('update entries set signature = ? where seq = ?')
        .run(Buffer.alloc(64, 1), sizeOf(db) - 1),
  },
  {
    name: 'the signature over the head taken away',
    before: approved,
    tamper: (db) =>
      void db
        .prepare('update entries set signature = null, key_id = null where seq = ?')
        .run(sizeOf(db) - 1),
  },
];

describe('rows changed by hand', () => {
  test.each(tamperings)('$name: nothing runs, and verify says so', async ({ before, tamper }) => {
    const scene = openScene({ runbook: restart });
    const { run } = await scene.exec();
    for (const [who, decision] of before) {
      await scene.decide(scene.people[who], decision);
    }
    byHand(scene, tamper);
    expect(await verifyExit(scene)).toBe(14);
    const outcome = await scene.resume(run).then(
      (report) => report.exit_code,
      (error: unknown) => (error instanceof RunbookError ? error.exitCode : error),
    );
    expect(existsSync(join(scene.dir, 'ran.txt')), String(outcome)).toBe(false);
    // Where the entries themselves are whole, the rejection simply counts.
    expect([14, 11]).toContain(outcome);
    expect(await verifyExit(scene)).toBe(14);
  });

  test("a request's row pointed at another run: the decision still counts for what was signed alone", async () => {
    const scene = openScene({ runbook: restart });
    const first = await scene.exec();
    const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    const second = await scene.exec();
    byHand(scene, (db) => {
      const rows = db
        .prepare('select request, run, hash, seq from requests order by seq')
        .all() as {
        request: string;
        run: string;
        hash: string;
      }[];
      const [one, other] = rows;
      db.prepare("update requests set hash = 'x' where request = ?").run(one?.request);
      db.prepare('update requests set hash = ? where request = ?').run(one?.hash, other?.request);
    });
    await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({
      code: 'other_request',
    });
    for (const { run } of [first, second]) {
      expect((await scene.resume(run)).status).toBe('waiting');
    }
    expect(existsSync(join(scene.dir, 'ran.txt'))).toBe(false);
  });
});
