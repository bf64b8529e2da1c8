import { describe, expect, test } from 'vitest';
import type { RequestContent } from '../../src/approval/request.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newRequestId, type Sha256 } from '../../src/base/ids.ts';
import type { Command } from '../../src/runbook/command.ts';
import { commandDigest, decodeCommand } from '../../src/runbook/digest.ts';
import { fillHoles } from '../../src/runbook/holes/holes.ts';
import { type Court, decided, finished, openCourt, say, started, verify } from '../audit/court.ts';
import { authorizationIn, eraseContent, errorsIn } from './erasing.ts';
import { forgeDecision } from './forge.ts';

/** A log says by itself what it says: content that was erased excuses only what that content could refute. */

const earlier = `
name: gated
steps:
  - { id: look, run: 'echo "x=1" >> "$RUNBOOK_OUTPUT"', outputs: { x: { value: stdout } } }
  - { id: restart, privileged: true, run: "true" }
`;

async function approved(court: Court, person: 'robin' | 'ana' = 'robin'): Promise<Court> {
  const { scene } = court;
  await say(
    court,
    decided(court, await forgeDecision(scene, scene.people[person].signer, { person })),
  );
  return court;
}

/** What a thief of the key did, and the finding it makes. */
const crimes: readonly (readonly [string, string, () => Promise<Court>])[] = [
  [
    'that another command ran',
    'E_COMMAND_CHANGED',
    async () => {
      const court = await approved(await openCourt());
      await say(court, await started(court, { digest: sha256('rm -rf /') }));
      return court;
    },
  ],
  [
    'that nobody approved',
    'E_QUORUM',
    async () => {
      const court = await openCourt();
      await say(court, await started(court));
      return court;
    },
  ],
  [
    'that the requester approved',
    'E_SELF_APPROVAL',
    async () => {
      const court = await approved(await openCourt(), 'ana');
      await say(court, await started(court));
      return court;
    },
  ],
  [
    'that somebody had rejected it',
    'E_REJECTED',
    async () => {
      const court = await openCourt();
      const { scene } = court;
      const { robin, kim } = scene.people;
      const yes = await forgeDecision(scene, robin.signer, { person: 'robin' });
      const word = { person: 'kim', decision: 'reject', reason: 'no' } as const;
      const no = await forgeDecision(scene, kim.signer, word);
      await say(court, decided(court, no));
      await say(court, decided(court, yes));
      await say(court, await started(court));
      return court;
    },
  ],
  [
    'that its approval had expired',
    'E_EXPIRED',
    async () => {
      const court = await approved(await openCourt());
      court.scene.clock.shift(court.content.limits.unused_ms + 1000);
      await say(court, await started(court));
      return court;
    },
  ],
  [
    'that its grant was used up',
    'E_GRANT_STRETCHED',
    async () => {
      const court = await approved(await openCourt());
      await say(court, await started(court, { use: 99 }));
      return court;
    },
  ],
  [
    'that a privileged step was never asked for',
    'E_UNAPPROVED_EXECUTION',
    async () => {
      const court = await openCourt();
      const { evaluation } = court.content.policy;
      const event = await started(court, { permit: { kind: 'policy', evaluation } });
      await say(court, event);
      return court;
    },
  ],
  [
    'that its request asked for nobody',
    'E_QUORUM',
    async () => {
      const court = await openCourt();
      const policy = { ...court.content.policy, slots: [] };
      const content: RequestContent = {
        ...court.content,
        id: newRequestId(),
        policy,
      };
      await say(court, { type: 'approval.requested', data: content });
      await say(court, await started({ ...court, content }));
      return court;
    },
  ],
  [
    'that a step ran which the run does not have',
    'E_APPROVAL_REPLAY',
    async () => {
      const court = await approved(await openCourt());
      await say(court, await started(court, { step: 'other' }));
      return court;
    },
  ],
];

describe.each([
  ['its plan', ['plan']],
  ['its plan and its commands', ['plan', 'command']],
] as const)('erasing %s', (_content, what) => {
  test.each(crimes)('does not hide %s', async (_what, code, commit) => {
    const court = await commit();
    await say(court, finished());
    expect(errorsIn(await verify(court.scene))).toContain(code);
    expect(await eraseContent(court.scene, court.run, what)).toBeGreaterThan(0);
    const report = await verify(court.scene);
    expect(errorsIn(report)).toContain(code);
    expect(report.findings.map((each) => each.code)).toContain('W_REDACTED');
    expect(authorizationIn(report).ok).toBe(false);
    expect(report.exit_code).toBe(14);
  });

  test('accuses nobody of what was in order, and says what could not be replayed', async () => {
    const court = await approved(await openCourt());
    await say(court, await started(court));
    await say(court, finished());
    expect((await verify(court.scene)).findings).toEqual([]);
    expect(await eraseContent(court.scene, court.run, what)).toBeGreaterThan(0);
    const report = await verify(court.scene);
    expect(errorsIn(report)).toEqual([]);
    expect(report.exit_code).toBe(0);
    expect(authorizationIn(report)).toMatchObject({ ok: true });
    expect(authorizationIn(report).anchor).toContain(
      '; 1 privileged starts not replayed: plans are gone',
    );
  });
});

const together = `
name: gated
approvals: together
steps:
  - { id: look, run: "true", outputs: { x: { value: stdout, type: string, enum: [a, b] } } }
  - { id: first, privileged: true, run: "true" }
  - { id: restart, privileged: true, exec: [echo, "\${{ steps.look.outputs.x }}"] }
`;

/** Everything up to a start whose value was filled in, as if `look` had given \`b\`. */
async function filledWith(value: 'a' | 'b', digest: (command: Command) => Sha256): Promise<Court> {
  const court = await approved(await openCourt({ runbook: together }));
  const { store } = court.scene.engine();
  const like = await started(court);
  const granted = like.type === 'step.started' ? like.data.permit : null;
  const template = court.content.commands.find(({ step }) => step === 'restart');
  if (granted?.kind !== 'grant' || template === undefined) {
    throw new Error('it was asked for');
  }
  const { evaluation } = granted;
  const nobody = { kind: 'policy', evaluation } as const;
  const holes = { 'steps.look.outputs.x': value };
  const { bytes } = await store.getBlob(template.command);
  const command = fillHoles(decodeCommand(bytes), holes);
  const outputs = await store.putBlob(Buffer.from('{"x":"b"}'));
  const filled = { ...granted, holes };
  const own = { step: 'restart', digest: digest(command), command: null, permit: filled };
  await say(court, await started(court, { step: 'look', command: null, permit: nobody }));
  await say(court, finished({ step: 'look', outputs }));
  await say(court, like, finished({ step: 'first' }));
  await say(court, await started(court, own), finished());
  return court;
}

describe('a value that was filled in', () => {
  test('cannot be told from what its step gave, once that is erased, and this is said', async () => {
    const court = await filledWith('a', commandDigest);
    expect(errorsIn(await verify(court.scene))).toEqual(['E_COMMAND_CHANGED']);
    await eraseContent(court.scene, court.run, ['outputs']);
    const report = await verify(court.scene);
    expect(errorsIn(report)).toEqual([]);
    expect(report.exit_code).toBe(0);
    expect(authorizationIn(report)).toMatchObject({ ok: null });
    expect(authorizationIn(report).anchor).toContain('starts not judged');
  });

  test('still makes the command that was approved, and no other', async () => {
    const court = await filledWith('b', () => sha256('rm -rf /'));
    expect(errorsIn(await verify(court.scene))).toEqual(['E_COMMAND_CHANGED']);
    await eraseContent(court.scene, court.run, ['plan', 'outputs']);
    const report = await verify(court.scene);
    expect(errorsIn(report)).toEqual(['E_COMMAND_CHANGED']);
    expect(report.exit_code).toBe(14);
  });
});

test('the outputs of an earlier step, once erased, do not hide that another command ran', async () => {
  const court = await approved(await openCourt({ runbook: earlier }));
  await say(court, await started(court, { digest: sha256('rm -rf /') }));
  await say(court, finished());
  expect(await eraseContent(court.scene, court.run, ['outputs'])).toBeGreaterThan(0);
  const report = await verify(court.scene);
  expect(new Set(errorsIn(report))).toEqual(new Set(['E_COMMAND_CHANGED']));
  expect(report.exit_code).toBe(14);
});
