import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SignedStatement, Statement } from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import {
  aKey,
  forgeDecision,
  forgeResolution,
  leaveUnknown,
  seenIn,
  signDecision,
} from './forge.ts';

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo ran >> ran.txt
`;

function ran(scene: Scene): boolean {
  return existsSync(join(scene.dir, 'ran.txt'));
}

/** Something handed in that must not count. */
interface Attempt {
  readonly name: string;
  readonly code: string;
  readonly exitCode: number;
  readonly forge: (scene: Scene) => Promise<SignedStatement>;
}

/** Robin, who could approve, signs another text than the product would have them sign. */
function robinSigns(
  changes: (scene: Scene, log: Statement['log']) => Partial<Statement>,
): Attempt['forge'] {
  return async (scene) => {
    const log = seenIn(await scene.service().review(null, null));
    const { signer } = scene.people.robin;
    return forgeDecision(scene, signer, { person: 'robin', ...changes(scene, log) });
  };
}

const attempts: readonly Attempt[] = [
  {
    name: 'under a key that nobody enrolled',
    code: 'key_unknown',
    exitCode: 13,
    forge: (scene) => forgeDecision(scene, aKey(), { person: 'robin' }),
  },
  {
    name: "in somebody else's name",
    code: 'other_person',
    exitCode: 13,
    forge: (scene) => forgeDecision(scene, scene.people.kim.signer, { person: 'robin' }),
  },
  {
    name: 'for other commands',
    code: 'other_commands',
    exitCode: 13,
    forge: robinSigns(() => ({ commands: [sha256('harmless')] })),
  },
  {
    name: 'for another environment',
    code: 'other_environment',
    exitCode: 13,
    forge: robinSigns(() => ({ environment: 'staging' })),
  },
  {
    name: 'under another policy',
    code: 'other_policy',
    exitCode: 13,
    forge: robinSigns(() => ({ policy_digest: sha256('none') })),
  },
  {
    name: 'for a slot that nobody asked for',
    code: 'other_slots',
    exitCode: 13,
    forge: robinSigns(() => ({ slots: ['owner'] })),
  },
  {
    name: 'before the request was there',
    code: 'log_too_old',
    exitCode: 13,
    forge: robinSigns((_, log) => ({ log: { ...log, size: log.size - 1 } })),
  },
  {
    name: 'about a log from the future',
    code: 'E_ROLLBACK',
    exitCode: 14,
    forge: robinSigns((_, log) => ({ log: { ...log, size: log.size + 1 } })),
  },
  {
    name: 'about another history of this log',
    code: 'E_FORK',
    exitCode: 14,
    forge: robinSigns((_, log) => ({ log: { ...log, root: Buffer.alloc(32).toString('base64') } })),
  },
  {
    name: 'about another log',
    code: 'other_log',
    exitCode: 13,
    forge: robinSigns((_, log) => ({ log: { ...log, origin: 'runbook/0000000000000000' } })),
  },
  {
    name: 'altered after it was signed',
    code: 'E_APPROVAL_SIG',
    exitCode: 14,
    forge: async (scene) => {
      const { signer } = scene.people.robin;
      const signed = await forgeDecision(scene, signer, {
        person: 'robin',
        decision: 'reject',
        reason: 'no',
      });
      return { ...signed, statement: signed.statement.replace('"reject"', '"approve"') };
    },
  },
  {
    name: 'signed as the settling of a step',
    code: 'E_APPROVAL_SIG',
    exitCode: 14,
    forge: async (scene) => {
      const { signer } = scene.people.robin;
      const { statement } = await forgeDecision(scene, signer, { person: 'robin' });
      return {
        statement,
        signature: await signer.sign('resolve@runbook/v1', Buffer.from(statement)),
      };
    },
  },
];

test.each(attempts)('an approval $name counts for nothing', async ({ code, exitCode, forge }) => {
  const scene = openScene({ runbook: gated });
  const { run } = await scene.exec();
  const { size } = await scene.engine().store.head();
  const signed = await forge(scene);
  await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({ code, exitCode });
  expect((await scene.engine().store.head()).size).toBe(size);
  expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
  expect(ran(scene)).toBe(false);
});

describe('an approval that was good once', () => {
  test('starts nothing by itself', async () => {
    const scene = openScene({ runbook: gated });
    await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    expect(ran(scene)).toBe(false);
  });

  test('of one run says nothing about the next run of the same command', async () => {
    const scene = openScene({ runbook: gated });
    const first = await scene.exec();
    const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    await scene.service().cancel(first.run, null, driving(scene));
    const second = await scene.exec();
    await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({
      code: 'run_ended',
    });
    expect((await scene.resume(second.run)).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('does not outlive its request', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    scene.clock.shift(31 * 60_000);
    await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({ exitCode: 12 });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 12 });
    // Asked anew: the old approval is about the old request.
    expect((await scene.resume(run)).status).toBe('waiting');
    await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({ exitCode: 12 });
    expect(ran(scene)).toBe(false);
  });

  test('lapses when it is not claimed in time', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    scene.clock.shift(11 * 60_000);
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 12 });
    expect(ran(scene)).toBe(false);
  });

  test('stays dead once revoked, also when it is handed in again', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    const approval = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    await scene.service().decide(approval, 'cli');
    const older = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    await scene.decide(scene.people.robin, 'revoke');
    expect(await scene.service().decide(approval, 'cli')).toMatchObject({ duplicate: true });
    // Another one, signed before the revocation and kept for later.
    await scene.service().decide(older, 'cli');
    expect((await scene.resume(run)).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('does not undo a rejection', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    const approval = await forgeDecision(scene, scene.people.kim.signer, { person: 'kim' });
    await scene.decide(scene.people.robin, 'reject');
    await expect(scene.service().decide(approval, 'cli')).rejects.toMatchObject({ exitCode: 11 });
    expect(await scene.resume(run)).toMatchObject({ status: 'rejected', exit_code: 11 });
    expect(ran(scene)).toBe(false);
  });

  test('is spent by the start it allowed', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    const file = await scene.service().review(null, null);
    await scene.decide(scene.people.robin, 'approve');
    await leaveUnknown(scene, run);
    const late = await signDecision(file, scene.people.kim.signer, { person: 'kim' });
    await expect(scene.service().decide(late, 'cli')).rejects.toMatchObject({
      code: 'request_claimed',
    });
    const signed = await forgeResolution(scene, scene.people.kim.signer, {
      run,
      step: 'restart',
      person: 'kim',
    });
    await scene.service().resolve({ run, step: 'restart', outcome: 'retry', reason: 'x', signed });
    expect((await scene.resume(run)).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('covers as many starts as it names, whatever allowed the next one', async () => {
    const scene = openScene({ runbook: `${gated}    retry: { attempts: 2, delay: 1s }\n` });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await leaveUnknown(scene, run);
    for (const _ of ['second', 'third']) {
      const attempt = (await scene.service().status(run)).steps[0]?.attempt ?? 0;
      const signed = await forgeResolution(scene, scene.people.kim.signer, {
        run,
        step: 'restart',
        person: 'kim',
        attempt,
      });
      await scene
        .service()
        .resolve({ run, step: 'restart', outcome: 'retry', reason: 'x', signed });
      if (attempt === 1) {
        await leaveUnknown(scene, run);
      }
    }
    expect((await scene.resume(run)).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });
});

describe('settling a privileged step', () => {
  async function unknownStep(): Promise<{
    scene: Scene;
    run: Awaited<ReturnType<Scene['exec']>>['run'];
  }> {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await leaveUnknown(scene, run);
    return { scene, run };
  }

  test('takes a signature', async () => {
    const { scene, run } = await unknownStep();
    const settling = {
      run,
      step: 'restart',
      outcome: 'succeeded',
      reason: 'x',
      signed: null,
    } as const;
    await expect(scene.service().resolve(settling)).rejects.toMatchObject({
      code: 'signature_missing',
      exitCode: 13,
    });
  });

  test('takes one for this outcome, this attempt and this start', async () => {
    const { scene, run } = await unknownStep();
    const settle = async (changes: Parameters<typeof forgeResolution>[2]) => {
      const signed = await forgeResolution(scene, scene.people.kim.signer, changes);
      return scene
        .service()
        .resolve({ run, step: 'restart', outcome: 'succeeded', reason: 'x', signed });
    };
    const kim = { run, step: 'restart', person: 'kim', outcome: 'succeeded' } as const;
    await expect(settle({ ...kim, outcome: 'retry' })).rejects.toMatchObject({
      code: 'other_outcome',
    });
    await expect(settle({ ...kim, attempt: 2 })).rejects.toMatchObject({ code: 'other_step' });
    await expect(settle({ ...kim, started: sha256('x') })).rejects.toMatchObject({
      code: 'other_step',
    });
  });

  test('bars whoever did it from resuming the run', async () => {
    const { scene, run } = await unknownStep();
    scene.trusted.people = scene.trusted.people.replace('kim,', 'kim, os_users: [kim@elsewhere],');
    const signed = await forgeResolution(scene, scene.people.kim.signer, {
      run,
      step: 'restart',
      person: 'kim',
      outcome: 'succeeded',
    });
    await scene
      .service()
      .resolve({ run, step: 'restart', outcome: 'succeeded', reason: 'x', signed });
    const kim = scene.service(undefined, { osUser: 'kim@elsewhere' });
    await expect(kim.resume({ run, given: {} })).rejects.toMatchObject({ code: 'decider_resumes' });
  });
});
