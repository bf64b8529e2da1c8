import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { signCosignature } from '../../src/journal/cosignature.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { splitNote } from '../../src/journal/note.ts';
import { formatVerifierKey, type VerifierKey } from '../../src/journal/verifier-key.ts';
import type { Store } from '../../src/store/store.ts';
import { type Judgement, judgeCheckpoint } from '../../src/witness/judge-checkpoint.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { aSigner } from '../support/signer.ts';
import { byHand, entryAt, setEntry } from './journal-by-hand.ts';

/** A journal that grew honestly, and what was kept of it along the way. */
interface History {
  readonly scene: Scene;
  /** Copies of the whole folder, by when they were taken. */
  readonly copies: { readonly beforePin: Copy; readonly afterPin: Copy };
  readonly pin: Kept;
  /** The newest head, as a witness cosigned it: it lies where no thief comes. */
  readonly remote: Kept;
}

interface Copy {
  readonly dir: string;
  readonly size: number;
}

interface Kept {
  readonly size: number;
  readonly note: string;
}

const witness = aSigner('witness.test', 9);

const runbook = (text: string): string => `
name: plain
steps:
  - id: say
    run: echo ${text}
`;

async function openHistory(): Promise<History> {
  const scene = openScene({ runbook: runbook('honest') });
  await scene.exec();
  const beforePin = await copyOf(scene, 'before');
  await scene.exec();
  const pin = await scene.engine().store.head();
  await scene.exec();
  const afterPin = await copyOf(scene, 'after');
  await scene.exec();
  const head = await scene.engine().store.head();
  const { body } = splitNote(head.note);
  const seconds = Math.floor(scene.clock.now().wallMs / 1000);
  const note = `${head.note}${signCosignature(body, witness, seconds)}`;
  return { scene, copies: { beforePin, afterPin }, pin, remote: { size: head.size, note } };
}

/** Everything there is of a journal, as a backup or a snapshot of the machine has it. */
async function copyOf(scene: Scene, name: string): Promise<Copy> {
  const dir = join(scene.dir, `.${name}`);
  const { size } = await scene.engine().store.head();
  await scene.engine().store.close();
  cpSync(scene.state, dir, { recursive: true });
  await scene.restart();
  return { dir, size };
}

async function putBack(scene: Scene, copy: Copy): Promise<void> {
  await scene.engine().store.close();
  rmSync(scene.state, { recursive: true });
  renameSync(copy.dir, scene.state);
  await scene.restart();
}

/** With the key that lies beside it, what is left is signed anew. */
async function cut(scene: Scene, size: number): Promise<void> {
  byHand(scene, (db) => db.prepare('delete from entries where seq >= ?').run(size));
  await scene.engine().store.rebuild(() => undefined);
  await scene.restart();
}

async function rewriteFrom(scene: Scene, size: number, atLeast: number): Promise<void> {
  await cut(scene, size);
  writeFileSync(join(scene.dir, 'runbook.yaml'), runbook('a lie'));
  for (let now = size; now < atLeast; now = (await scene.engine().store.head()).size) {
    await scene.exec();
  }
}

type Anchoring = 'none' | 'pin' | 'remote';

function verifyAgainst({ scene, pin, remote }: History, by: Anchoring): Promise<VerifyReport> {
  const kept = { none: [], pin: [pin], remote: [pin, remote] }[by];
  return scene.service().verify({
    receipts: [],
    pins: [],
    checkpoints: kept.map(({ note }, at) => ({ file: `${at}`, text: note })),
    witnesses: [formatVerifierKey(witness.name, witness.publicKey, 'cosignature')],
    progress: () => undefined,
  });
}

/** Passes unnoticed, or the code and the entry by which it is noticed first. */
type Outcome = 'P' | readonly [code: string, index: number];

interface Attack {
  readonly name: string;
  /** Whether the journal's key is in the attacker's hands. */
  readonly key: 'kept' | 'stolen';
  readonly carryOut: (history: History) => Promise<void> | void;
  readonly expected: (history: History) => Readonly<Record<Anchoring, Outcome>>;
}

const everywhere = (outcome: Outcome): Record<Anchoring, Outcome> => ({
  none: outcome,
  pin: outcome,
  remote: outcome,
});

/** An entry of the first run, below everything that was kept. */
const early = 3;

const inDatabase = (work: (db: Sqlite.Database) => void) => (history: History) =>
  byHand(history.scene, work);

const attacks: readonly Attack[] = [
  {
    name: 'an entry edited',
    key: 'kept',
    carryOut: inDatabase((db) => {
      setEntry(db, early, entryAt(db, early).replace('"cmd":"', '"cmd":"x'));
    }),
    expected: () => everywhere(['E_STH_SIG', early]),
  },
  {
    name: 'an entry deleted from the middle',
    key: 'kept',
    carryOut: inDatabase((db) => {
      db.prepare('delete from entries where seq = ?').run(early);
    }),
    expected: () => everywhere(['E_SEQ', early]),
  },
  {
    name: 'several entries in a row deleted from the middle',
    key: 'kept',
    carryOut: inDatabase((db) => {
      db.prepare('delete from entries where seq between ? and ?').run(early, early + 2);
    }),
    expected: () => everywhere(['E_SEQ', early]),
  },
  {
    name: 'two entries swapped',
    key: 'kept',
    carryOut: inDatabase((db) => {
      const [one, other] = [entryAt(db, early), entryAt(db, early + 1)];
      setEntry(db, early, other);
      setEntry(db, early + 1, one);
    }),
    expected: () => everywhere(['E_LEAF', early]),
  },
  {
    name: 'every entry written anew',
    key: 'kept',
    carryOut: inDatabase((db) => {
      const { count } = db.prepare('select count(*) as count from entries').get() as {
        count: number;
      };
      for (let seq = 1; seq < count; seq += 1) {
        setEntry(db, seq, entryAt(db, seq).replace('"cmd":"', '"cmd":"x'));
      }
    }),
    expected: () => everywhere(['E_STH_SIG', 1]),
  },
  {
    name: 'the tail cut, the newest checkpoint kept',
    key: 'kept',
    carryOut: ({ scene, pin }) => {
      byHand(scene, (db) => db.prepare('delete from entries where seq >= ?').run(pin.size));
    },
    expected: ({ pin }) => everywhere(['E_STH_SIG', pin.size]),
  },
  {
    name: 'an older copy put back, from before the pin',
    key: 'kept',
    carryOut: ({ scene, copies }) => putBack(scene, copies.beforePin),
    expected: ({ copies: { beforePin } }) => ({
      none: 'P',
      pin: ['E_TRUNCATED', beforePin.size],
      remote: ['E_TRUNCATED', beforePin.size],
    }),
  },
  {
    name: 'an older copy put back, from after the pin',
    key: 'kept',
    carryOut: ({ scene, copies }) => putBack(scene, copies.afterPin),
    expected: ({ copies }) => ({
      none: 'P',
      pin: 'P',
      remote: ['E_TRUNCATED', copies.afterPin.size],
    }),
  },
  {
    name: 'the tail cut below the pin, and signed anew',
    key: 'stolen',
    carryOut: ({ scene, pin }) => cut(scene, pin.size - 1),
    expected: ({ pin: { size } }) => ({
      none: 'P',
      pin: ['E_TRUNCATED', size - 1],
      remote: ['E_TRUNCATED', size - 1],
    }),
  },
  {
    name: 'another history after the pin, as long',
    key: 'stolen',
    carryOut: ({ scene, pin, remote }) => rewriteFrom(scene, pin.size, remote.size),
    expected: ({ pin }) => ({ none: 'P', pin: 'P', remote: ['E_FORK', pin.size] }),
  },
  {
    name: 'all history written anew',
    key: 'stolen',
    carryOut: ({ scene, remote }) => rewriteFrom(scene, 2, remote.size),
    expected: () => ({ none: 'P', pin: ['E_FORK', 0], remote: ['E_FORK', 0] }),
  },
  {
    name: 'the log deleted, and begun anew',
    key: 'stolen',
    carryOut: async ({ scene }) => {
      await scene.engine().store.close();
      rmSync(scene.state, { recursive: true });
      await scene.restart();
      await scene.exec();
    },
    expected: () => ({ none: 'P', pin: ['E_KEY_UNKNOWN', 0], remote: ['E_KEY_UNKNOWN', 0] }),
  },
];

describe.each(attacks)('$name, the key $key', ({ carryOut, expected }) => {
  test('is noticed by exactly those who can', async () => {
    const history = await openHistory();
    await carryOut(history);
    const outcomes = expected(history);
    for (const by of ['none', 'pin', 'remote'] as const) {
      const report = await verifyAgainst(history, by);
      const [first] = report.findings;
      const outcome = first === undefined ? 'P' : [first.code, first.index];
      expect({ by, outcome }).toEqual({ by, outcome: outcomes[by] });
      expect(report.exit_code).toBe(outcome === 'P' ? 0 : 14);
    }
  });
});

test('an honest journal is anchored by the witness, and without one by the pin', async () => {
  const history = await openHistory();
  const anchorOf = async (by: Anchoring): Promise<string | undefined> =>
    (await verifyAgainst(history, by)).verdicts.find(({ name }) => name === 'completeness')?.anchor;
  const { pin, remote } = history;
  expect(await anchorOf('remote')).toBe(
    `size=${remote.size} of ${remote.size} by=witness witness.test`,
  );
  expect(await anchorOf('pin')).toContain(`size=${pin.size} of ${remote.size} by=checkpoint 0; `);
  expect(await anchorOf('none')).toContain('self-consistent only');
});

test('two hosts that go on from one snapshot under one key: the witness cosigns one of them', async () => {
  const { scene, copies, remote } = await openHistory();
  const { store } = scene.engine();
  const key = newestKey(await store.keys());
  await putBack(scene, copies.afterPin);
  const snapshot = await scene.engine().store.head();
  writeFileSync(join(scene.dir, 'runbook.yaml'), runbook('on the other host'));
  await scene.exec();
  await scene.exec();
  const other = scene.engine().store;
  const seenSize = remote.size;
  // It goes on from what it remembers, is told where the witness stands, and tries from there.
  expect(await submit(other, { old: snapshot.size, key, newest: remote })).toEqual({
    kind: 'elsewhere',
    size: seenSize,
  });
  expect(await submit(other, { old: seenSize, key, newest: remote })).toMatchObject({
    kind: 'contradiction',
    status: 422,
  });
});

/** The second host's newest head, handed to a witness that has the first one's. */
async function submit(
  store: Store,
  of: { readonly old: number; readonly key: VerifierKey; readonly newest: Kept },
): Promise<Judgement> {
  const head = await store.head();
  const [origin = '', size, root = ''] = of.newest.note.split('\n');
  const submission = {
    old: of.old,
    proof: await store.consistencyProof(of.old, head.size),
    note: head.note,
  };
  return judgeCheckpoint(submission, new Map([[origin, [of.key]]]), () => ({
    origin,
    size: Number(size),
    root: Buffer.from(root, 'base64'),
  }));
}
