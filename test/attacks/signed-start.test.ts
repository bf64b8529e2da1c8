import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { StartStatement } from '../../src/approval/statement/start-statement.ts';
import { approvalNamespace, type SignedStatement } from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newRunId, type RunId } from '../../src/base/ids.ts';
import type { StartInput } from '../../src/engine/service.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import type { RunStarted } from '../../src/run/events.ts';
import { signedAsk } from '../../src/run/signed-ask.ts';
import { decodePlan, encodePlan, planDigest } from '../../src/runbook/digest.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { execAs, signResume, signStart, startOf } from '../support/signed-start.ts';
import { aKey } from './forge.ts';

const shared = { osUser: `ops@${hostname()}` };

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo "it ran"
`;

const aimed = gated.replace(
  'steps:',
  'params:\n  target: { type: string, default: dev }\n  pass: { type: string, secret: true, required: false }\nsteps:',
);

const open = (): Scene => openScene({ runbook: gated, caller: shared });

function verify(scene: Scene): Promise<VerifyReport> {
  return scene.service().verify({ receipts: [], pins: [], progress: () => undefined });
}

/** The run's first entry, committed by whoever holds the journal's key. */
async function forgeStarted(scene: Scene, changes: Partial<RunStarted>): Promise<RunId> {
  const { run } = await execAs(
    scene,
    {},
    await signStart(scene, scene.people.ana.signer, { person: 'ana' }),
  );
  const [first] = await scene.service().events(run, 0);
  if (first?.event.type !== 'run.started') {
    throw new Error('the run has no beginning');
  }
  const forged = newRunId();
  await scene.engine().store.commit({
    run: forged,
    expectedVersion: 0,
    commandId: 'run.started',
    events: [{ type: 'run.started', data: { ...first.event.data, ...changes } }],
  });
  return forged;
}

describe('from an account that several share', () => {
  test('somebody who signs starts the run, a colleague approves it, and an auditor finds nothing', async () => {
    const scene = open();
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    const { run } = await execAs(scene, {}, input);
    await scene.decide(scene.people.robin, 'approve');
    const signed = await signResume(scene, scene.people.ana.signer, { person: 'ana', run });
    await scene.service().resume({ run, given: {}, signed });
    const [started] = await scene.service().events(run, 0);
    expect(started?.event.data).toMatchObject({
      signed: input.signed,
      initiator: {
        kind: 'person',
        chain: [
          { role: 'caller', identity: `os:${shared.osUser}`, person: null },
          { role: 'signer', identity: `ssh:${scene.people.ana.signer.publicKey}`, person: 'ana' },
        ],
      },
    });
    expect(await verify(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test.each([
    {},
    { agent: 'deploy-bot' },
    { ci: { identity: 'github/acme/infra' } },
    { sudoUser: 'ana' },
  ])('nobody starts unsigned, whatever they claim: %j', async (claims) => {
    const scene = open();
    const { source } = await signStart(scene, aKey(), { person: 'ana' });
    const input = { source, given: {}, environment: null, reason: null, ticket: null };
    await expect(execAs(scene, claims, input)).rejects.toMatchObject({
      code: 'initiator_unknown',
      exitCode: 13,
    });
  });

  test('nobody goes on unsigned with what a colleague signed', async () => {
    const scene = open();
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    const { run } = await execAs(scene, {}, input);
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'initiator_unknown' });
  });
});

describe('a signed start does not count', () => {
  test.each<[string, Partial<StartStatement>, string]>([
    ['for another runbook', { runbook: 'other' }, 'other_start'],
    ['for another text of it', { source: sha256('other') }, 'other_start'],
    ['for another environment', { environment: 'prod' }, 'other_start'],
    ['for another reason', { reason: 'I was told to' }, 'other_start'],
    ['for a resumption', { act: 'resume', source: null }, 'other_start'],
    ['in the name of somebody else', { person: 'robin' }, 'other_person'],
    ['long ago', { time: '2026-01-01T00:00:00.000Z' }, 'start_stale'],
    ['in the future', { time: '2099-01-01T00:00:00.000Z' }, 'start_stale'],
  ])('made %s', async (_what, changes, code) => {
    const scene = open();
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana', ...changes });
    await expect(execAs(scene, {}, input)).rejects.toMatchObject({ code, exitCode: 13 });
  });

  test.each<[string, Partial<StartInput>]>([
    ['other parameters', { given: { target: 'prod' } }],
    ['another ticket', { ticket: 'OPS-2' }],
    ['another `--break-glass`', { breakGlass: 'night', reason: null }],
    ['another `--override`', { overrides: ['freeze'] }],
    ['another `--grant`', { reuse: 'shards' }],
  ])('made for what is asked otherwise: %s', async (words, changes) => {
    const scene = openScene({ runbook: aimed, caller: shared });
    const reason = 'the night is long';
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana', reason });
    await expect(execAs(scene, {}, { ...input, ...changes, reason })).rejects.toMatchObject({
      code: 'other_start',
      message: expect.stringContaining(`signed for ${words}`) as string,
    });
  });

  test('made for another time, or for another parameter beside a secret', async () => {
    const scene = openScene({ runbook: aimed, caller: shared });
    const given = { target: 'prod', pass: 'a long secret' };
    const { plan } = await scene.service().plan(startOf(scene, { given }));
    const asked = signedAsk({ ticket: null }, plan.params);
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana', asked });
    const notBefore = new Date(scene.clock.now().wallMs + 3_600_000).toISOString();
    await expect(execAs(scene, {}, { ...input, given, notBefore })).rejects.toThrow(
      'signed for another time',
    );
    await expect(
      execAs(scene, {}, { ...input, given: { ...given, target: 'dev' } }),
    ).rejects.toThrow('signed for other parameters');
    expect(await execAs(scene, {}, { ...input, given })).toMatchObject({ status: 'waiting' });
    expect(await verify(scene)).toMatchObject({ findings: [] });
  });

  test('for a run of another id, or for one that has started', async () => {
    const scene = open();
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    await expect(execAs(scene, {}, { ...input, run: newRunId() })).rejects.toMatchObject({
      code: 'other_start',
    });
    await execAs(scene, {}, input);
    await expect(execAs(scene, {}, input)).rejects.toMatchObject({ code: 'run_exists' });
    expect(await scene.service().runs(10)).toHaveLength(1);
  });

  test('under a key of nobody, of two people, or made for something else', async () => {
    const scene = open();
    const key = aKey();
    const start = (): Promise<unknown> =>
      signStart(scene, key, { person: 'ana' }).then((input) => execAs(scene, {}, input));
    await expect(start()).rejects.toMatchObject({ code: 'key_unknown' });
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    const { statement } = input.signed;
    const bytes = Buffer.from(statement);
    const signature = await scene.people.ana.signer.sign(approvalNamespace, bytes);
    await expect(
      execAs(scene, {}, { ...input, signed: { statement, signature } }),
    ).rejects.toMatchObject({ code: 'E_APPROVAL_SIG' });
    const twice = scene.trusted.people.replace(
      /(name: robin.*ssh_keys: \[)/,
      `$1"${scene.people.ana.signer.publicKey}", `,
    );
    scene.trusted.people = twice;
    await expect(execAs(scene, {}, input)).rejects.toThrow('belongs to both `ana` and `robin`');
  });

  test('of another journal, of one that was rewritten, or of one from the future', async () => {
    const scene = open();
    const sign = (log: Partial<StartStatement['log']>) => async () => {
      const honest = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
      const seen = (JSON.parse(honest.signed.statement) as StartStatement).log;
      const changes = { person: 'ana', log: { ...seen, ...log } };
      return execAs(scene, {}, await signStart(scene, scene.people.ana.signer, changes));
    };
    const root = Buffer.alloc(32).toString('base64');
    await expect(sign({ origin: 'another' })()).rejects.toMatchObject({ code: 'other_log' });
    await expect(sign({ root })()).rejects.toMatchObject({ code: 'E_FORK', exitCode: 14 });
    await expect(sign({ size: 999 })()).rejects.toMatchObject({ code: 'E_ROLLBACK', exitCode: 14 });
  });
});

describe('a signed resumption does not count', () => {
  async function started(scene: Scene): Promise<RunId> {
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    return (await execAs(scene, {}, input)).run;
  }

  test('a second time: somebody else of the account could hand it in', async () => {
    const scene = open();
    const run = await started(scene);
    const signed = await signResume(scene, scene.people.ana.signer, { person: 'ana', run });
    await scene.service().resume({ run, given: {}, signed });
    await expect(scene.service().resume({ run, given: {}, signed })).rejects.toMatchObject({
      code: 'start_replayed',
    });
  });

  test('for another run, or before it was there', async () => {
    const scene = open();
    const run = await started(scene);
    const other = await started(scene);
    const signed = await signResume(scene, scene.people.ana.signer, { person: 'ana', run });
    await expect(scene.service().resume({ run: other, given: {}, signed })).rejects.toMatchObject({
      code: 'other_start',
    });
    const early = await signResume(scene, scene.people.ana.signer, {
      person: 'ana',
      run,
      log: { ...(JSON.parse(signed.statement) as StartStatement).log, size: 1 },
    });
    await expect(scene.service().resume({ run, given: {}, signed: early })).rejects.toMatchObject({
      code: 'log_too_old',
    });
  });

  test('of whoever decided in the run', async () => {
    const scene = open();
    const run = await started(scene);
    await scene.decide(scene.people.robin, 'approve');
    const signed = await signResume(scene, scene.people.robin.signer, { person: 'robin', run });
    await expect(scene.service().resume({ run, given: {}, signed })).rejects.toMatchObject({
      code: 'decider_resumes',
    });
  });
});

describe('an auditor finds', () => {
  const found = async (scene: Scene): Promise<readonly string[]> =>
    (await verify(scene)).findings.map(({ code }) => code);

  test('a start that is signed for another run', async () => {
    const scene = open();
    await forgeStarted(scene, {});
    expect(await found(scene)).toContain('E_START');
  });

  test.each<[string, Partial<RunStarted>]>([
    ['another ticket', { ticket: 'OPS-2' }],
    ['another time', { not_before: '2020-01-01T00:00:00Z' }],
    ['another `--break-glass`', { break_glass: 'night' }],
    ['another `--override`', { overrides: ['freeze'] }],
    ['another `--grant`', { reuse: 'shards' }],
  ])('a start that was not signed as it is recorded: %s', async (words, changes) => {
    const scene = open();
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    await restartByHand(scene, input, (data) => ({ ...data, ...changes }));
    expect((await verify(scene)).findings).toContainEqual(
      expect.objectContaining({
        code: 'E_START',
        message: expect.stringContaining(`signed for ${words}`) as string,
      }),
    );
  });

  test('a start whose plan has other parameters than were signed', async () => {
    const scene = openScene({ runbook: aimed, caller: shared });
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    const { store } = scene.engine();
    await restartByHand(scene, input, async (data) => {
      const plan = decodePlan((await store.getBlob(data.plan)).bytes);
      const other = { ...plan, params: { ...plan.params, target: 'prod' } };
      const blob = await store.putBlob(encodePlan(other));
      return { ...data, plan: blob, plan_digest: planDigest(other) };
    });
    expect((await verify(scene)).findings).toMatchObject([
      { code: 'E_START', message: 'signed for other parameters' },
    ]);
  });

  /** Records the start that was signed, but for changes, as whoever holds the journal's key could. */
  async function restartByHand(
    scene: Scene,
    { run, signed }: { readonly run: RunId; readonly signed: SignedStatement },
    change: (data: RunStarted) => RunStarted | Promise<RunStarted>,
  ): Promise<void> {
    const model = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    await execAs(scene, {}, model);
    const [first] = await scene.service().events(model.run, 0);
    if (first?.event.type !== 'run.started') {
      throw new Error('the run has no beginning');
    }
    const data = await change({ ...first.event.data, signed });
    await scene.engine().store.commit({
      run,
      expectedVersion: 0,
      commandId: 'run.started',
      events: [{ type: 'run.started', data }],
    });
  }

  test('a signer who did not sign', async () => {
    const scene = open();
    const run = await forgeStarted(scene, {});
    const [first] = await scene.service().events(run, 0);
    if (first?.event.type !== 'run.started') {
      throw new Error('the run has no beginning');
    }
    const { signed: _dropped, ...unsigned } = first.event.data;
    await scene.engine().store.commit({
      run: newRunId(),
      expectedVersion: 0,
      commandId: 'run.started',
      events: [{ type: 'run.started', data: unsigned }],
    });
    const report = await verify(scene);
    expect(report.findings.map(({ message }) => message)).toContain(
      'somebody stands in its chain as signer, but nobody signed',
    );
  });

  test('a signer who is left out of the chain', async () => {
    const scene = open();
    const run = await forgeStarted(scene, {});
    const signed = await signResume(scene, scene.people.ana.signer, { person: 'ana', run });
    await resumeByHand(scene, run, signed);
    expect(await found(scene)).toContain('E_START');
  });

  test('a resumption that is signed once and recorded twice', async () => {
    const scene = open();
    const input = await signStart(scene, scene.people.ana.signer, { person: 'ana' });
    const { run } = await execAs(scene, {}, input);
    const signed = await signResume(scene, scene.people.ana.signer, { person: 'ana', run });
    await scene.service().resume({ run, given: {}, signed });
    expect(await found(scene)).toEqual([]);
    await resumeByHand(scene, run, signed, scene.people.ana.signer.publicKey);
    expect((await verify(scene)).findings).toMatchObject([
      { code: 'E_START', message: 'its signature had been used before' },
    ]);
  });

  async function resumeByHand(
    scene: Scene,
    run: RunId,
    signed: SignedStatement,
    key: string | null = null,
  ): Promise<void> {
    const caller = { role: 'resumer', identity: `os:${shared.osUser}`, person: null } as const;
    const signer = { role: 'signer', identity: `ssh:${key ?? ''}`, person: 'ana' } as const;
    const { store } = scene.engine();
    await store.commit({
      run,
      expectedVersion: await store.runVersion(run),
      commandId: 'by-hand',
      events: [
        {
          type: 'run.resumed',
          data: { links: key === null ? [caller] : [caller, signer], signed },
        },
      ],
    });
  }
});
