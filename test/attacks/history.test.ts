import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RunbookError } from '../../src/base/errors.ts';
import type { RunId } from '../../src/base/ids.ts';
import { decided, receiptsOf, say, started, verify } from '../audit/court.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { forgeDecision } from './forge.ts';
import { byHand } from './journal-by-hand.ts';

const gated = (script = 'echo approved') => `
name: gated
steps:
  - id: restart
    privileged: true
    run: ${script}
`;

const strict =
  'rules: [{ name: two, require: { approvals: [{ id: all, count: 2, from: ["*"] }] } }]';

/** One whole run, honestly: asked, approved by robin, run. Robin keeps a receipt and a pin. */
async function honestRun(
  options: { readonly policy?: string } = {},
): Promise<{ scene: Scene; run: RunId }> {
  const scene = openScene({ runbook: gated(), ...options });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  if (options.policy !== undefined) {
    await scene.decide(scene.people.kim, 'approve');
  }
  expect((await scene.resume(run)).status).toBe('succeeded');
  return { scene, run };
}

/** Cuts the log to its first `size` entries; with the key that lies beside it, nothing shows to the next process. */
async function cut(scene: Scene, size: number): Promise<void> {
  byHand(scene, (db) => db.prepare('delete from entries where seq >= ?').run(size));
  await scene.engine().store.rebuild(() => undefined);
  await scene.restart();
}

/** Index of the first entry of a type. */
async function indexOf(scene: Scene, type: string): Promise<number> {
  const lines = await scene.service().auditLog({ run: null, limit: 1000 });
  return lines.find((line) => line.type === type)?.index ?? -1;
}

async function codesOf(
  scene: Scene,
  by: Parameters<typeof verify>[1],
): Promise<ReadonlySet<string>> {
  const report = await verify(scene, by);
  expect(report.exit_code).toBe(report.findings.length === 0 ? 0 : 14);
  return new Set(report.findings.map(({ code }) => code));
}

describe('an honest history', () => {
  test('holds against receipt and pin, and says what it rests on', async () => {
    const { scene } = await honestRun();
    const report = await verify(scene, { receipts: receiptsOf(scene, 'robin'), pins: true });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(report.verdicts[1]?.anchor).toMatch(/by=(receipt|pin)/);
    expect(report.verdicts[1]?.anchored_at).not.toBeNull();
  });

  test('without anything from outside is consistent with itself and no more, which is no failure', async () => {
    const { scene } = await honestRun();
    const report = await verify(scene);
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(report.verdicts[1]).toMatchObject({ name: 'completeness', ok: true, anchored_at: null });
    expect(report.verdicts[1]?.anchor).toContain('self-consistent only');
  });
});

describe('the tail cut, its newest checkpoint kept', () => {
  test('passes where nobody outside remembers, and shows against a receipt and a pin', async () => {
    const { scene } = await honestRun();
    const receipts = receiptsOf(scene, 'robin');
    await cut(scene, await indexOf(scene, 'approval.requested'));
    expect(await codesOf(scene, {})).toEqual(new Set());
    expect(await codesOf(scene, { receipts })).toEqual(
      new Set(['E_TRUNCATED', 'E_DECISION_MISSING']),
    );
    expect(await codesOf(scene, { pins: true })).toEqual(new Set(['E_TRUNCATED']));
  });

  test('shows to the approver before they sign again', async () => {
    const { scene } = await honestRun();
    await cut(scene, await indexOf(scene, 'run.started'));
    await scene.exec();
    await expect(scene.decide(scene.people.robin, 'approve')).rejects.toMatchObject({
      exitCode: 14,
    });
  });
});

describe('an older copy of the whole folder put back', () => {
  test('shows against a receipt and a pin', async () => {
    const scene = openScene({ runbook: gated() });
    const { run } = await scene.exec();
    await scene.engine().store.close();
    const old = join(scene.dir, 'old');
    cpSync(scene.state, old, { recursive: true });
    const now = scene.openStore();
    const door = scene.service(now);
    const file = await door.review(null, null);
    const { robin } = scene.people;
    const signed = await robin.approver.decide(robin.approver.open(file), robin.signer, {
      decision: 'approve',
      reason: null,
    });
    robin.approver.keep(signed, (await door.decide(signed.signed, 'cli')).recorded);
    expect((await door.drive(run, driving(scene))).status).toBe('succeeded');
    await now.close();
    rmSync(scene.state, { recursive: true });
    renameSync(old, scene.state);
    const back = scene.openStore();
    const report = await scene.service(back).verify({
      receipts: receiptsOf(scene, 'robin'),
      pins: [],
      progress: () => undefined,
    });
    await back.close();
    expect(report.findings.map(({ code }) => code)).toEqual(['E_TRUNCATED', 'E_DECISION_MISSING']);
    expect(report.verdicts.map(({ ok }) => ok)).toEqual([true, false, true, true, null]);
  });
});

describe('everything deleted and begun anew', () => {
  test('shows against a receipt: it knows the log by another name and key', async () => {
    const { scene } = await honestRun();
    const receipts = receiptsOf(scene, 'robin');
    await scene.engine().store.close();
    rmSync(scene.state, { recursive: true });
    const store = scene.openStore();
    const report = await scene
      .service(store)
      .verify({ receipts, pins: [], progress: () => undefined });
    await store.close();
    expect(new Set(report.findings.map(({ code }) => code))).toEqual(
      new Set(['E_KEY_UNKNOWN', 'E_DECISION_MISSING']),
    );
    expect(report.exit_code).toBe(14);
  });

  test('is refused while the old key lies there', async () => {
    const { scene } = await honestRun();
    await scene.engine().store.close();
    for (const name of readdirSync(scene.state).filter((each) =>
      each.startsWith('journal.sqlite'),
    )) {
      rmSync(join(scene.state, name));
    }
    expect(() => scene.openStore()).toThrow(RunbookError);
    expect(existsSync(join(scene.state, 'journal.key'))).toBe(true);
  });
});

/** The key was stolen: what follows is signed, well formed, and a lie. */
describe('history rewritten with the stolen key', () => {
  test('another command under the old approval: no receipt is needed to see it', async () => {
    const { scene, run } = await honestRun();
    const { content } = await scene
      .service()
      .describeRequest((await scene.service().requests(false))[0]?.request ?? '');
    await cut(scene, await indexOf(scene, 'step.started'));
    const digest = 'e'.repeat(64) as (typeof content.commands)[number]['digest'];
    await say({ scene, run }, await started({ scene, run, content }, { digest }));
    expect(await codesOf(scene, {})).toEqual(new Set(['E_COMMAND_CHANGED']));
    expect(await codesOf(scene, { receipts: receiptsOf(scene, 'robin') })).toEqual(
      new Set(['E_COMMAND_CHANGED']),
    );
  });

  test('another command in request and start, the approval carried over', async () => {
    const { scene } = await honestRun();
    const receipts = receiptsOf(scene, 'robin');
    const { signed } = JSON.parse(receipts[0]?.text ?? '') as {
      signed: { statement: string; signature: string };
    };
    await cut(scene, await indexOf(scene, 'run.started'));
    writeFileSync(join(scene.dir, 'runbook.yaml'), gated('echo evil'));
    const { run } = await scene.exec();
    const { content } = await scene.open();
    await say({ scene, run }, decided({ scene, run, content }, signed));
    await say({ scene, run }, await started({ scene, run, content }));
    const codes = await codesOf(scene, {});
    expect(codes).toContain('E_APPROVAL_REPLAY');
    expect(codes).toContain('E_QUORUM');
    expect(await codesOf(scene, { receipts })).toContain('E_FORK');
  });

  test('the approval dropped: as if the step had never needed one', async () => {
    const { scene } = await honestRun();
    const receipts = receiptsOf(scene, 'robin');
    await cut(scene, await indexOf(scene, 'run.started'));
    writeFileSync(
      join(scene.dir, 'runbook.yaml'),
      gated().replace('privileged: true', 'privileged: false'),
    );
    expect((await scene.exec()).status).toBe('succeeded');
    for (let more = 0; more < 3; more += 1) {
      await scene.exec();
    }
    // By itself it is spotless: that is what a receipt is for.
    expect(await codesOf(scene, {})).toEqual(new Set());
    expect(await codesOf(scene, { receipts })).toEqual(new Set(['E_FORK', 'E_DECISION_MISSING']));
    expect(await codesOf(scene, { pins: true })).toEqual(new Set(['E_FORK']));
  });

  test('the policy loosened, as if it had always been so', async () => {
    const { scene } = await honestRun({ policy: strict });
    const receipts = receiptsOf(scene, 'robin');
    await cut(scene, await indexOf(scene, 'config.set'));
    scene.trusted.policy = '';
    const { run } = await scene.exec();
    const { content } = await scene.open();
    const forged = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    await say({ scene, run }, decided({ scene, run, content }, forged));
    await scene.service().drive(run, driving(scene));
    expect(await codesOf(scene, {})).toEqual(new Set());
    expect(await codesOf(scene, { receipts })).toContain('E_FORK');
  });

  test('the policy loosened between request and start: no receipt is needed to see it', async () => {
    const scene = openScene({ runbook: gated(), policy: strict });
    const { run } = await scene.exec();
    const { content } = await scene.open();
    await scene.decide(scene.people.robin, 'approve');
    scene.trusted.policy = '';
    await scene.service().initialise();
    await say({ scene, run }, await started({ scene, run, content }));
    expect(await codesOf(scene, {})).toEqual(new Set(['E_QUORUM']));
  });
});

describe('blobs', () => {
  async function planBlob(scene: Scene): Promise<string> {
    const line = byHand(scene, (db) =>
      db
        .prepare("select bytes from entries join events using (seq) where type = 'run.started'")
        .get(),
    );
    const { data } = JSON.parse((line as { bytes: Buffer }).bytes.toString()) as {
      data: { plan: string };
    };
    return data.plan;
  }

  function filesOf(scene: Scene, id: string): string[] {
    return readdirSync(join(scene.state, 'blobs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.replaceAll('/', '').includes(id))
      .map((name) => join(scene.state, 'blobs', name));
  }

  test.each(['altered', 'missing'] as const)('a plan that is %s runs nothing', async (how) => {
    const scene = openScene({ runbook: gated('echo ran > ran.txt') });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    const files = filesOf(scene, await planBlob(scene));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      if (how === 'missing') {
        rmSync(file);
      } else {
        const bytes = readFileSync(file);
        bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
        rmSync(file);
        writeFileSync(file, bytes);
      }
    }
    await expect(scene.resume(run)).rejects.toMatchObject({ exitCode: 14, code: `blob_${how}` });
    expect(existsSync(join(scene.dir, 'ran.txt'))).toBe(false);
    const codes = await codesOf(scene, {});
    expect(codes).toContain(how === 'missing' ? 'E_BLOB_MISSING' : 'E_BLOB_ALTERED');
    expect(codes).toContain('E_NO_PLAN');
  });
});
