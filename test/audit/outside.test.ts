import type Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { VerifyInput, VerifyReport } from '../../src/engine/verify.ts';
import type { Anchor, AnchorKey } from '../../src/journal/anchor.ts';
import { signCosignature } from '../../src/journal/cosignature.ts';
import { splitNote } from '../../src/journal/note.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { type Sink, SinkConflict, saysHead } from '../../src/sinks/sink.ts';
import { timestampRequest, tokenOf } from '../../src/sinks/timestamp/exchange.ts';
import { byHand } from '../attacks/journal-by-hand.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { aSigner } from '../support/signer.ts';
import { openAuthority } from '../support/timestamp-authority.ts';

const plain = 'name: plain\nsteps: [{ id: say, run: echo hello }]\n';
const witness = aSigner('witness.test', 9);
const witnessKey = formatVerifierKey(witness.name, witness.publicKey, 'cosignature');

async function openRun(sinks: readonly Sink[] = []): Promise<Scene> {
  const scene = openScene({ runbook: plain, sinks });
  await scene.exec();
  return scene;
}

function verify(scene: Scene, by: Partial<VerifyInput> = {}): Promise<VerifyReport> {
  return scene.service().verify({ receipts: [], pins: [], progress: () => undefined, ...by });
}

function verdict({ verdicts }: VerifyReport, name: string): VerifyReport['verdicts'][number] {
  const found = verdicts.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`no verdict on ${name}`);
  }
  return found;
}

const codesOf = ({ findings }: VerifyReport): readonly string[] => findings.map(({ code }) => code);

/** Keeps what the witness says of the newest head, at a time that lies so far from the clock. */
async function cosign(scene: Scene, { by = 'office', shiftMs = 1000 } = {}): Promise<Anchor> {
  const { store } = scene.engine();
  const { size, root, note } = await store.head();
  const seconds = Math.ceil((scene.clock.now().wallMs + shiftMs) / 1000);
  const anchor: Anchor = {
    by,
    kind: 'cosignature',
    size,
    root: root.toString('base64'),
    evidence: signCosignature(splitNote(note).body, witness, seconds),
    at: '2026-03-01T00:00:00.000Z',
  };
  await store.putAnchor(anchor);
  return anchor;
}

/** A copy elsewhere that says what the test wants. */
function aSink(of: Partial<Sink> = {}): Sink {
  return {
    name: 'office',
    kind: 'witness',
    counts: true,
    wants: 'head',
    batch: 1000,
    address: 'a test',
    head: async () => ({ elsewhere: null }),
    deliver: async () => ({ elsewhere: null }),
    ...of,
  };
}

const named = (key: AnchorKey): Sink => aSink({ anchorKey: () => key });
const ownWitness = named({ kind: 'cosignature', verifierKey: witnessKey });

describe('a cosignature', () => {
  test('anchors the journal where the auditor knows the witness, with the time that it says', async () => {
    const scene = await openRun();
    const { size } = await cosign(scene);
    const report = await verify(scene, { witnesses: [witnessKey] });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    const { anchor, anchored_at } = verdict(report, 'completeness');
    expect(anchor).toBe(`size=${size} of ${size} by=witness witness.test`);
    expect(Date.parse(anchored_at ?? '') % 1000).toBe(0);
    expect(verdict(report, 'time').anchor).toContain('timed by witness witness.test');
  });

  test('of a witness that only the configuration names is said to be so', async () => {
    const scene = await openRun([ownWitness]);
    await cosign(scene);
    const report = await verify(scene);
    expect(verdict(report, 'completeness').anchor).toContain(
      'by=witness office, named by the journal itself',
    );
    const chosen = await verify(scene, { witnesses: [witnessKey] });
    expect(verdict(chosen, 'completeness').anchor).toMatch(/by=witness witness\.test$/);
  });

  test('of a stranger anchors nothing, and is counted', async () => {
    const scene = await openRun();
    await cosign(scene);
    const { anchor } = verdict(await verify(scene), 'completeness');
    expect(anchor).toContain('self-consistent only');
    expect(anchor).toContain('not counted: 1');
  });

  test('that was altered is a finding, whatever was altered', async () => {
    const scene = await openRun();
    await cosign(scene);
    const alter = (column: string, to: unknown): void =>
      byHand(scene, (db: Sqlite.Database) => {
        db.prepare(`update anchors set ${column} = ?`).run(to);
      });
    alter('root', Buffer.alloc(32, 1).toString('base64'));
    const report = await verify(scene, { witnesses: [witnessKey] });
    expect(codesOf(report)).toEqual(['E_ANCHOR']);
    expect(verdict(report, 'completeness').ok).toBe(false);
    alter('size', 1);
    expect(codesOf(await verify(scene, { witnesses: [witnessKey] }))).toEqual(['E_ANCHOR']);
  });

  test('says how much came after it, and that it is stale after a day', async () => {
    const scene = await openRun();
    await cosign(scene);
    await scene.exec();
    const by = { witnesses: [witnessKey] };
    const fresh = verdict(await verify(scene, by), 'completeness').anchor;
    expect(fresh).toMatch(/; the \d+ entries since then nobody outside has seen$/);
    scene.clock.shift(25 * 60 * 60 * 1000);
    expect(verdict(await verify(scene, by), 'completeness').anchor).toContain('; stale: the');
  });
});

describe('an entry that claims a later time than it was seen at', () => {
  test('is found by the first of them', async () => {
    const scene = await openRun();
    await cosign(scene, { shiftMs: -60 * 60 * 1000 });
    const report = await verify(scene, { witnesses: [witnessKey] });
    expect(codesOf(report)).toEqual(['E_TIME_WITNESSED']);
    expect(report.findings[0]?.index).toBe(0);
    expect(report.findings[0]?.message).toContain('later entries');
    expect(report.verdicts.filter(({ ok }) => ok === false).map(({ name }) => name)).toEqual([
      'time',
    ]);
  });

  test('is judged by the earliest time of all heads that cover it', async () => {
    const scene = await openRun();
    await cosign(scene);
    const { size } = await scene.engine().store.head();
    scene.clock.shift(60 * 60 * 1000);
    await scene.exec();
    // The larger head was seen before the entries that only it covers claim to be made.
    await cosign(scene, { shiftMs: -30 * 60 * 1000 });
    const report = await verify(scene, { witnesses: [witnessKey] });
    expect(report.findings).toMatchObject([{ code: 'E_TIME_WITNESSED', index: size }]);
  });
});

test('a timestamp anchors under certificates that the auditor brings, and not under others', async () => {
  const scene = await openRun();
  const { store } = scene.engine();
  const { size, root, note } = await store.head();
  const authority = openAuthority();
  const request = timestampRequest(Buffer.from(splitNote(note).body), Buffer.alloc(8, 7));
  const anchor = { by: 'tsa', kind: 'timestamp', size, at: '2026-03-01T00:00:00.000Z' } as const;
  const evidence = tokenOf(authority.reply(request)).toString('base64');
  await store.putAnchor({ ...anchor, root: root.toString('base64'), evidence });
  const by = (text: string) => ({ authorities: [{ file: 'ca.pem', text }] });
  const report = await verify(scene, by(authority.certificates));
  expect(report).toMatchObject({ findings: [], exit_code: 0 });
  expect(verdict(report, 'completeness').anchor).toContain('by=timestamp ca.pem');
  const other = await verify(scene, by(openAuthority().certificates));
  expect(verdict(other, 'completeness').anchor).toContain('self-consistent only');
  await expect(verify(scene, by('no certificate'))).rejects.toMatchObject({
    code: 'certificate_unreadable',
    exitCode: 2,
    message: '`ca.pem` holds no certificate',
  });
});

describe('copies', () => {
  const acknowledge = async (scene: Scene, size: number, root: Buffer): Promise<void> =>
    scene.engine().store.putNote(
      'sinks',
      'office',
      JSON.stringify({
        size,
        root: root.toString('base64'),
        at: '2026-03-01T00:00:00.000Z',
        failing: null,
        conflict: null,
      }),
    );

  test('are not judged where none is configured', async () => {
    expect(verdict(await verify(await openRun()), 'replicas')).toEqual({
      name: 'replicas',
      ok: null,
      anchor: 'none configured',
      anchored_at: null,
    });
  });

  test('that never acknowledged anything are a warning, and no failure', async () => {
    const report = await verify(await openRun([aSink()]));
    expect(codesOf(report)).toEqual(['W_UNACKED']);
    expect(report.exit_code).toBe(0);
    expect(verdict(report, 'replicas').ok).toBe(true);
  });

  test('that are behind are said to be', async () => {
    const scene = await openRun([aSink()]);
    const { size, root } = await scene.engine().store.head();
    await acknowledge(scene, size, root);
    await scene.exec();
    const report = await verify(scene);
    expect(report.findings).toEqual([]);
    expect(verdict(report, 'replicas')).toMatchObject({ ok: true });
    expect(verdict(report, 'replicas').anchor).toMatch(
      /witness office: \d+ of \d+ acknowledged, \d+ behind/,
    );
  });

  test('that acknowledged more, or other entries, contradict the journal', async () => {
    const scene = await openRun([aSink()]);
    const { size } = await scene.engine().store.head();
    await acknowledge(scene, size + 5, Buffer.alloc(32, 1));
    expect((await verify(scene)).findings).toMatchObject([{ code: 'E_ROLLBACK', index: size }]);
    await acknowledge(scene, size, Buffer.alloc(32, 1));
    const report = await verify(scene);
    expect(codesOf(report)).toEqual(['E_FORK']);
    expect(verdict(report, 'replicas').ok).toBe(false);
    expect(report.exit_code).toBe(14);
  });

  test.each([
    ['names a larger size', async () => ({ elsewhere: { size: 999, root: null } }), 'E_ROLLBACK'],
    ['has more', async () => saysHead({ size: 999, root: Buffer.alloc(32) }), 'E_ROLLBACK'],
    ['has other entries', async () => saysHead({ size: 2, root: Buffer.alloc(32) }), 'E_FORK'],
    [
      'says itself that it contradicts',
      async () => {
        const theirs = { size: 9, root: Buffer.alloc(32), note: null };
        throw new SinkConflict('E_FORK', { sink: 'office', message: 'another history', theirs });
      },
      'E_FORK',
    ],
  ] as const)('one that %s is found out when it is asked', async (_, head, code) => {
    const scene = await openRun([aSink({ head })]);
    const { size, root } = await scene.engine().store.head();
    await acknowledge(scene, size, root);
    expect(codesOf(await verify(scene))).toEqual([]);
    expect(codesOf(await verify(scene, { online: true }))).toEqual([code]);
  });

  test('one that cannot be asked is said, and no failure', async () => {
    const head = async (): Promise<never> => {
      throw new Error('no route');
    };
    const scene = await openRun([aSink({ head })]);
    const { size, root } = await scene.engine().store.head();
    await acknowledge(scene, size, root);
    const report = await verify(scene, { online: true });
    expect(report.exit_code).toBe(0);
    expect(verdict(report, 'replicas').anchor).toContain('cannot be asked: no route');
  });
});
