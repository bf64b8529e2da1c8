import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { beginAudit } from '../../src/audit/audit.ts';
import type { FindingCode } from '../../src/audit/finding.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { BlobId } from '../../src/base/ids.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import type { Event, StepResolved } from '../../src/run/events.ts';
import { encodeCommand } from '../../src/runbook/digest.ts';
import { aKey, forgeDecision, forgeResolution } from '../attacks/forge.ts';
import { configSet, runStarted } from '../support/some-events.ts';
import {
  type Court,
  decided,
  expectFinding,
  finished,
  gated,
  openCourt,
  say,
  started,
  verify,
} from './court.ts';

async function approvedBy(court: Court, who: 'robin' | 'kim' | 'ana'): Promise<Event> {
  const { scene } = court;
  return decided(court, await forgeDecision(scene, scene.people[who].signer, { person: who }));
}

async function rejectedBy(court: Court, who: 'robin' | 'kim'): Promise<Event> {
  const { signer } = court.scene.people[who];
  const no = { person: who, decision: 'reject', reason: 'no' } as const;
  return decided(court, await forgeDecision(court.scene, signer, no));
}

/** Something that a journal says and that cannot have happened by the rules. */
interface Lie {
  readonly code: FindingCode;
  readonly name: string;
  readonly runbook?: string;
  readonly tell: (court: Court) => Promise<void>;
}

const probed = `${gated}    check: { exec: "true" }\n`;

const unknown: Event = {
  type: 'step.unknown',
  data: { step: 'restart', attempt: 1, why: 'crash' },
};

function settled(changes: Partial<StepResolved>): Event {
  const none = { reason: 'x', link: null, statement: null, signature: null };
  return {
    type: 'step.resolved',
    data: { step: 'restart', attempt: 1, outcome: 'succeeded', by: 'person', ...none, ...changes },
  };
}

/** Approved, started and left alone, honestly so far. */
async function leftUnknown(court: Court): Promise<void> {
  await say(court, await approvedBy(court, 'robin'));
  await say(court, await started(court));
  await say(court, unknown);
}

const lies: readonly Lie[] = [
  {
    code: 'E_QUORUM',
    name: 'a start that nobody approved',
    tell: async (court) => say(court, await started(court)),
  },
  {
    code: 'E_QUORUM',
    name: 'a start under an approval that was revoked',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      await court.scene.decide(court.scene.people.robin, 'revoke');
      await say(court, await started(court));
    },
  },
  {
    code: 'E_SELF_APPROVAL',
    name: 'an approval by whoever started the run',
    tell: async (court) => say(court, await approvedBy(court, 'ana')),
  },
  {
    code: 'E_APPROVAL_SIG',
    name: 'a rejection turned into an approval',
    tell: async (court) => {
      const { robin } = court.scene.people;
      const no = { person: 'robin', decision: 'reject', reason: 'no' } as const;
      const signed = await forgeDecision(court.scene, robin.signer, no);
      const statement = signed.statement.replace('"reject"', '"approve"');
      await say(court, decided(court, { ...signed, statement }));
    },
  },
  {
    code: 'E_APPROVAL',
    name: 'an approval under a key that nobody has',
    tell: async (court) =>
      say(court, decided(court, await forgeDecision(court.scene, aKey(), { person: 'robin' }))),
  },
  {
    code: 'E_APPROVAL',
    name: 'an approval entered as somebody else’s',
    tell: async (court) => {
      const signed = await forgeDecision(court.scene, court.scene.people.robin.signer, {
        person: 'robin',
      });
      await say(court, decided(court, signed, { person: 'kim' }));
    },
  },
  {
    code: 'E_APPROVAL',
    name: 'a touch that the signature does not prove',
    tell: async (court) => {
      const signed = await forgeDecision(court.scene, court.scene.people.robin.signer, {
        person: 'robin',
      });
      await say(court, decided(court, signed, { presence: true }));
    },
  },
  {
    code: 'E_APPROVAL',
    name: 'an approval from before the request',
    tell: async (court) => {
      const file = await court.scene.service().review(null, null);
      const [origin = '', , root = ''] = file.checkpoint.split('\n');
      const signed = await forgeDecision(court.scene, court.scene.people.robin.signer, {
        person: 'robin',
        log: { origin, size: file.index, root },
      });
      await say(court, decided(court, signed));
    },
  },
  {
    code: 'E_APPROVAL_REPLAY',
    name: 'an approval of another request',
    tell: async (court) => {
      const signed = await forgeDecision(court.scene, court.scene.people.robin.signer, {
        person: 'robin',
        request: sha256('another'),
      });
      await say(court, decided(court, signed));
    },
  },
  {
    code: 'E_APPROVAL_REPLAY',
    name: 'a start under a request that was superseded',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      await say(court, {
        type: 'approval.superseded',
        data: { request: court.content.id, changes: ['script'] },
      });
      await say(court, await started(court));
    },
  },
  {
    code: 'E_EXPIRED',
    name: 'a start under an approval that had lapsed',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      court.scene.clock.shift(11 * 60_000);
      await say(court, await started(court));
    },
  },
  {
    code: 'E_EXPIRED',
    name: 'a start under an approval that came too late',
    tell: async (court) => {
      const late = await approvedBy(court, 'robin');
      court.scene.clock.shift(31 * 60_000);
      await say(court, late);
      await say(court, await started(court));
    },
  },
  {
    code: 'E_GRANT_STRETCHED',
    name: 'a second start under a grant of one',
    runbook: `${gated}    idempotent: true\n`,
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      const at = { step: 'restart', attempt: 1 };
      const nobody = { reason: null, link: null, statement: null, signature: null };
      const again = { outcome: 'retry', by: 'idempotent' } as const;
      await say(
        court,
        await started(court),
        { type: 'step.unknown', data: { ...at, why: 'gone' } },
        { type: 'step.resolved', data: { ...at, ...again, ...nobody } },
      );
      await say(court, await started(court, { attempt: 2, use: 2 }));
    },
  },
  {
    code: 'E_RUN',
    name: 'a second start after the first ended well',
    runbook: `${gated}    retry: { attempts: 3, delay: 1s }\n`,
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      await say(court, await started(court), finished());
      await say(court, await started(court, { attempt: 2, use: 2 }));
    },
  },
  {
    code: 'E_GRANT_STRETCHED',
    name: 'a start that counts its uses wrongly',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      await say(court, await started(court, { use: 0 }));
    },
  },
  {
    code: 'E_UNAPPROVED_EXECUTION',
    name: 'a privileged step started as if it were none',
    tell: async (court) => {
      const { evaluation } = court.content.policy;
      await say(court, await started(court, { permit: { kind: 'policy', evaluation } }));
    },
  },
  {
    code: 'E_UNAPPROVED_EXECUTION',
    name: 'a start under a request that this run never made',
    tell: async (court) => {
      const other = { ...court.content, id: 'zzzzzzzzzzzzzzzz' as Court['content']['id'] };
      await say(court, await started({ ...court, content: other }));
    },
  },
  {
    code: 'E_UNAPPROVED_EXECUTION',
    name: 'a start judged under an older policy than the one in force',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      const { evaluation } = court.content.policy;
      court.scene.trusted.policy = 'floor: { assurance: A3 }';
      await court.scene.service().initialise();
      const permit = { kind: 'grant', request: court.content.id, use: 1, evaluation } as const;
      await say(court, await started(court, { permit }));
    },
  },
  {
    code: 'E_UNAPPROVED_EXECUTION',
    name: 'a step that the plan does not have',
    tell: async (court) => {
      const { evaluation } = court.content.policy;
      await say(
        court,
        await started(court, { step: 'more', permit: { kind: 'policy', evaluation } }),
      );
    },
  },
  {
    code: 'E_UNAPPROVED_EXECUTION',
    name: 'a probe of a step that never started',
    runbook: probed,
    tell: async (court) => {
      const of = court.content.commands[0]?.digest ?? sha256('');
      await say(
        court,
        await started(court, { step: 'restart/check', permit: { kind: 'check', of } }),
      );
    },
  },
  {
    code: 'E_COMMAND_CHANGED',
    name: 'a probe that is not the one that was approved',
    runbook: probed,
    tell: async (court) => {
      await leftUnknown(court);
      const of = court.content.commands[0]?.digest ?? sha256('');
      const permit = { kind: 'check', of } as const;
      await say(
        court,
        await started(court, { step: 'restart/check', digest: sha256('evil'), permit }),
      );
    },
  },
  {
    code: 'E_COMMAND_CHANGED',
    name: 'a start of another command than the approved one',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      await say(court, await started(court, { digest: sha256('evil') }));
    },
  },
  {
    code: 'E_COMMAND_CHANGED',
    name: 'a request that shows one command and asks for another',
    tell: async (court) => {
      const { store } = court.scene.engine();
      const harmless = encodeCommand({ ...(await court.scene.open()).command, cwd: '/harmless' });
      const [asked] = court.content.commands;
      const command = await store.putBlob(harmless);
      await say(court, {
        type: 'approval.requested',
        data: {
          ...court.content,
          id: 'yyyyyyyyyyyyyyyy' as Court['content']['id'],
          commands: [{ step: 'restart', digest: asked?.digest ?? sha256(''), command }],
        },
      });
    },
  },
  {
    code: 'E_REJECTED',
    name: 'a start although somebody said no',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'), await rejectedBy(court, 'kim'));
      await say(court, await started(court));
    },
  },
  {
    code: 'E_REJECTED',
    name: 'a start after whoever said no was taken out of people.yaml',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'), await rejectedBy(court, 'kim'));
      court.scene.trusted.people = court.scene.trusted.people.replace(/ {2}- \{ name: kim.*\n/, '');
      await court.scene.service().initialise();
      await say(court, await started(court));
    },
  },
  {
    code: 'E_DENIED',
    name: 'a start that policy denies',
    tell: async (court) => {
      await say(court, await approvedBy(court, 'robin'));
      court.scene.trusted.policy = 'rules: [{ name: freeze, deny: not today }]';
      await court.scene.service().initialise();
      await say(court, await started(court));
    },
  },
  {
    code: 'E_DECIDER_RESUMED',
    name: 'a run resumed by whoever rejected it',
    tell: async (court) => {
      await say(court, await rejectedBy(court, 'robin'));
      await say(court, {
        type: 'run.resumed',
        data: { links: [{ role: 'resumer', identity: 'os:robin@x', person: 'robin' }] },
      });
    },
  },
  {
    code: 'E_RESOLUTION',
    name: 'a privileged step settled without a signature',
    tell: async (court) => {
      await leftUnknown(court);
      await say(court, settled({}));
    },
  },
  {
    code: 'E_RESOLUTION',
    name: 'a step settled as idempotent that is not',
    tell: async (court) => {
      await leftUnknown(court);
      await say(court, settled({ by: 'idempotent', outcome: 'retry' }));
    },
  },
  {
    code: 'E_RESOLUTION',
    name: 'a step settled by a probe that it does not have',
    tell: async (court) => {
      await leftUnknown(court);
      await say(court, settled({ by: 'check' }));
    },
  },
  {
    code: 'E_RESOLUTION',
    name: 'a step settled otherwise than was signed',
    tell: async (court) => {
      const { scene, run } = court;
      await leftUnknown(court);
      const signed = await forgeResolution(scene, scene.people.kim.signer, {
        run,
        step: 'restart',
        person: 'kim',
        outcome: 'failed',
      });
      const link = { role: 'decider', identity: 'person:kim', person: 'kim' } as const;
      await say(court, settled({ ...signed, link }));
    },
  },
  {
    code: 'E_RESOLUTION',
    name: 'a step settled in the name of somebody who did not sign',
    tell: async (court) => {
      const { scene, run } = court;
      await leftUnknown(court);
      const signed = await forgeResolution(scene, scene.people.kim.signer, {
        run,
        step: 'restart',
        person: 'kim',
        outcome: 'succeeded',
      });
      const link = { role: 'decider', identity: 'person:zoe', person: 'zoe' } as const;
      await say(court, settled({ ...signed, link }));
    },
  },
  {
    code: 'E_TIME_CLAIMED',
    name: 'rules asked about another moment than the start',
    tell: async (court) => {
      const evaluation = { ...court.content.policy.evaluation, now: '2020-01-01T00:00:00.000Z' };
      const permit = { kind: 'grant', request: court.content.id, use: 1, evaluation } as const;
      await say(court, await approvedBy(court, 'robin'));
      await say(court, await started(court, { permit }));
    },
  },
  {
    code: 'E_NO_CONFIG',
    name: 'trusted files that are not what the entry says',
    tell: async ({ scene }) => {
      const { store } = scene.engine();
      const blob = await store.putBlob(Buffer.from('people: []'));
      const event = configSet();
      if (event.type === 'config.set') {
        const data = { ...event.data, people: blob, policy: blob, config: blob };
        await store.commit({
          run: null,
          expectedVersion: null,
          commandId: 'hostile',
          events: [{ type: 'config.set', data }],
        });
      }
    },
  },
  {
    code: 'E_NO_PLAN',
    name: 'a plan that is not what the entry says',
    tell: async ({ scene }) => {
      const plan = await scene.engine().store.putBlob(Buffer.from('{"v":1}'));
      await say({ scene, run: 'xxxxxxxxxxxxxxxx' as Court['run'] }, runStarted({ plan }));
    },
  },
  {
    code: 'E_RUN',
    name: 'an entry of a run that never began',
    tell: async ({ scene }) => say({ scene, run: 'xxxxxxxxxxxxxxxx' as Court['run'] }, unknown),
  },
  {
    code: 'E_RUN',
    name: 'an entry of a run that has ended',
    tell: async (court) => {
      await say(court, { type: 'run.finished', data: { status: 'cancelled', exit_code: 17 } });
      await say(court, unknown);
    },
  },
  {
    code: 'E_RUN',
    name: 'a shape that nothing can be made of',
    tell: async (court) =>
      say(court, { type: 'run.resumed', data: { links: 5 } } as unknown as Event),
  },
];

describe('what the rules do not allow shows, in the verdict on authorization and there alone', () => {
  test.each(lies)('$code: $name', async ({ code, runbook, tell }) => {
    const court = await openCourt(runbook === undefined ? {} : { runbook });
    expect((await verify(court.scene)).findings).toEqual([]);
    await tell(court);
    await expectFinding(court.scene, code, 'authorization');
  });
});

describe('the clock', () => {
  test('E_TIME_BACKWARD: set back', async () => {
    const court = await openCourt();
    court.scene.clock.shift(-10_000);
    await say(court, unknown);
    await expectFinding(court.scene, 'E_TIME_BACKWARD', 'time');
  });

  test('E_TIME_BACKWARD: set back to where it still stands after the last entry', async () => {
    const court = await openCourt();
    const { scene } = court;
    const engine = scene.engine();
    let passedMs = 0;
    const now = scene.clock.now.bind(scene.clock);
    scene.clock.now = () => {
      const moment = now();
      return { ...moment, monoUs: moment.monoUs + passedMs * 1000 };
    };
    // An hour went by, and the wall shows that of three minutes.
    passedMs = 3_600_000;
    scene.clock.shift(180_000);
    await say(court, unknown);
    expect(engine.clock).toBe(scene.clock);
    await expectFinding(scene, 'E_TIME_BACKWARD', 'time');
  });
});

describe('what an entry names', () => {
  test('E_BLOB_MISSING: is gone', async () => {
    const { scene, content } = await openCourt();
    const { command } = content.commands[0] ?? { command: '' as BlobId };
    rmSync(join(scene.state, 'blobs', command.slice(0, 2)), { recursive: true });
    const report = await verify(scene);
    expect(report.findings.map(({ code }) => code)).toContain('E_BLOB_MISSING');
    expect(report.exit_code).toBe(14);
  });
});

test('E_ORIGIN: entries of another log are told apart', async () => {
  const { scene } = await openCourt();
  const { store } = scene.engine();
  const audit = beginAudit({
    origin: 'runbook/other',
    publicKey: newestKey(await store.keys()).publicKey,
    receipts: [],
    pins: [],
  });
  for (const entry of await store.entries(0, 2)) {
    audit.add({ ...entry, blobs: new Map() });
  }
  expect(audit.findings().map(({ code, index }) => [code, index])).toEqual([
    ['E_ORIGIN', 0],
    ['E_ORIGIN', 1],
  ]);
});
