import { describe, expect, test } from 'vitest';
import type { ChainLink } from '../../src/approval/people/people.ts';
import type { Scope, TokenHolder, TokenIssued } from '../../src/approval/token.ts';
import type { FindingCode } from '../../src/audit/finding.ts';
import { openTokens } from '../../src/audit/tokens.ts';
import { formatTime } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import { type BlobId, newNonce, newRunId } from '../../src/base/ids.ts';
import type { Event, RunStarted } from '../../src/run/events.ts';
import { aPerson } from '../approval/builders.ts';
import {
  type Court,
  expectFinding,
  finished,
  heard,
  openCourt,
  openServedCourt,
  say,
  started,
  verify,
} from './court.ts';

const robin: TokenHolder = { kind: 'person', id: 'robin' };
const byToken = { word: { identity: 'token:0123456789abcdef' }, channel: 'api' };

/** An entry that belongs to no run. */
async function declare({ scene }: Court, event: Event): Promise<void> {
  const { store } = scene.engine();
  const commandId = newNonce();
  await store.commit({ run: null, expectedVersion: null, commandId, events: [event] });
}

async function issue(court: Court, changes: Partial<TokenIssued> = {}): Promise<void> {
  const scopes: readonly Scope[] = ['decide'];
  const data = {
    token: '0123456789abcdef',
    hash: sha256('secret'),
    holder: robin,
    scopes,
    label: null,
    expires_at: formatTime(court.scene.clock.now().wallMs + 3_600_000),
    by: 'os:runbook@elsewhere',
    ...changes,
  };
  await declare(court, { type: 'token.issued', data });
}

/** Somebody resumes the run, as the bearer of the token. */
async function takeOn(court: Court, by: Pick<ChainLink, 'person'>): Promise<void> {
  const link = { role: 'resumer', identity: 'token:0123456789abcdef', ...by } as const;
  await say(court, { type: 'run.resumed', data: { links: [link] } });
}

const revoked: Event = {
  type: 'token.revoked',
  data: { token: '0123456789abcdef', by: 'os:runbook@elsewhere' },
};

describe('the audit finds nothing wrong with', () => {
  test.each<[string, (court: Court) => Promise<void>]>([
    ['a click', async (court) => say(court, await heard(court))],
    [
      'a call with a token of the person who decides',
      async (court) => {
        await issue(court);
        await say(court, await heard(court, byToken));
      },
    ],
    [
      'a run that the bearer of a token took on',
      async (court) => {
        await issue(court, { scopes: ['start'], holder: { kind: 'person', id: 'kim' } });
        await takeOn(court, { person: 'kim' });
        await say(court, await heard(court));
      },
    ],
    [
      'a token that was revoked after it decided',
      async (court) => {
        await issue(court);
        await say(court, await heard(court, byToken));
        await declare(court, revoked);
      },
    ],
  ])('%s', async (_, approve) => {
    const court = await openServedCourt();
    await approve(court);
    await say(court, await started(court));
    await say(court, finished());
    const report = await verify(court.scene);
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    const { anchor } = report.verdicts.find(({ name }) => name === 'authorization') ?? {};
    expect(anchor).toContain('decisions attested, not signed: 1');
  });
});

/** Something about an attested decision, or a token, that cannot have happened by the rules. */
interface Lie {
  readonly code: FindingCode;
  readonly name: string;
  readonly tell: (court: Court) => Promise<void>;
}

const lies: readonly Lie[] = [
  {
    code: 'E_ASSURANCE',
    name: 'a click entered as a signature’s A3',
    tell: async (court) => say(court, await heard(court, { assurance: 'A3' })),
  },
  {
    code: 'E_ASSURANCE',
    name: 'A1 in a run that an account took on',
    tell: async (court) => {
      const link = { role: 'resumer', identity: 'os:ana@renamed', person: 'ana' } as const;
      await say(court, { type: 'run.resumed', data: { links: [link] } });
      await say(court, await heard(court));
    },
  },
  {
    code: 'E_APPROVAL',
    name: 'a touch that nobody can have seen',
    tell: async (court) => say(court, await heard(court, { presence: true })),
  },
  {
    code: 'E_APPROVAL',
    name: 'a click entered as somebody else’s',
    tell: async (court) => say(court, await heard(court, { person: 'kim' })),
  },
  {
    code: 'E_APPROVAL',
    name: 'a click of a stranger',
    tell: async (court) =>
      say(court, await heard(court, { word: { identity: 'slack:T0TEAM/U0MALLORY' } })),
  },
  {
    code: 'E_APPROVAL',
    name: 'a decision with neither signature nor receiver',
    tell: async (court) => {
      const event = await heard(court);
      if (event.type === 'approval.decided') {
        const { attested: _, ...data } = event.data;
        await say(court, { type: 'approval.decided', data });
      }
    },
  },
  {
    code: 'E_APPROVAL',
    name: 'a decision with both',
    tell: async (court) => say(court, await heard(court, { signature: 'AAAA' })),
  },
  {
    code: 'E_SELF_APPROVAL',
    name: 'a click of whoever started the run',
    tell: async (court) =>
      say(court, await heard(court, { person: 'ana', word: { identity: 'slack:T0TEAM/U0ANA' } })),
  },
  {
    code: 'E_APPROVAL_REPLAY',
    name: 'one event entered as two decisions',
    tell: async (court) => {
      await say(court, await heard(court));
      await say(court, await heard(court));
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a decision with a token that was never issued',
    tell: async (court) => say(court, await heard(court, byToken)),
  },
  {
    code: 'E_TOKEN',
    name: 'a decision with a token that was issued only afterwards',
    tell: async (court) => {
      await say(court, await heard(court, byToken));
      await issue(court);
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a decision with somebody else’s token',
    tell: async (court) => {
      await issue(court, { holder: { kind: 'person', id: 'kim' } });
      await say(court, await heard(court, byToken));
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a decision with a token that does not carry `decide`',
    tell: async (court) => {
      await issue(court, { scopes: ['start', 'read'] });
      await say(court, await heard(court, byToken));
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a decision with a token that was revoked before',
    tell: async (court) => {
      await issue(court);
      await declare(court, revoked);
      await say(court, await heard(court, byToken));
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a decision with a token that had expired',
    tell: async (court) => {
      await issue(court, { expires_at: formatTime(court.scene.clock.now().wallMs - 1000) });
      await say(court, await heard(court, byToken));
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a token that lets an agent decide',
    tell: async (court) => issue(court, { holder: { kind: 'agent', id: 'deploy-bot' } }),
  },
  {
    code: 'E_TOKEN',
    name: 'a token that lets a job administer',
    tell: async (court) =>
      issue(court, { holder: { kind: 'ci', id: 'github/acme/infra' }, scopes: ['admin'] }),
  },
  {
    code: 'E_TOKEN',
    name: 'a token that another token gave `decide`',
    tell: async (court) => issue(court, { by: 'token:fedcba9876543210' }),
  },
  {
    code: 'E_TOKEN',
    name: 'a token that outlives the one that it was issued with',
    tell: async (court) => {
      await issue(court, { scopes: ['admin'] });
      const expires_at = formatTime(court.scene.clock.now().wallMs + 7_200_000);
      const by = 'token:0123456789abcdef';
      await issue(court, {
        token: 'fedcba9876543210',
        hash: sha256('2'),
        scopes: ['start'],
        by,
        expires_at,
      });
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a run taken on with a token that was never issued',
    tell: async (court) => takeOn(court, { person: 'robin' }),
  },
  {
    code: 'E_TOKEN',
    name: 'a run taken on with a token that only decides',
    tell: async (court) => {
      await issue(court);
      await takeOn(court, { person: 'robin' });
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a run taken on with a token that was revoked before',
    tell: async (court) => {
      await issue(court, { scopes: ['start'] });
      await declare(court, revoked);
      await takeOn(court, { person: 'robin' });
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a run taken on with somebody else’s token',
    tell: async (court) => {
      await issue(court, { scopes: ['admin'] });
      await takeOn(court, { person: 'kim' });
    },
  },
  {
    code: 'E_TOKEN',
    name: 'a run taken on by an agent without whoever answers for it',
    tell: async (court) => {
      await issue(court, { scopes: ['start'], holder: { kind: 'agent', id: 'deploy-bot' } });
      await takeOn(court, { person: null });
    },
  },
  {
    code: 'E_TOKEN',
    name: 'the revocation of a token that was never issued',
    tell: async (court) => declare(court, revoked),
  },
];

test.each(lies)('the audit finds $name ($code)', async ({ code, tell }) => {
  const court = await openServedCourt();
  await tell(court);
  await expectFinding(court.scene, code, 'authorization');
});

test('the audit finds A1 in a run that an account of some host started (E_ASSURANCE)', async () => {
  const court = await openCourt();
  await say(court, await heard(court));
  await expectFinding(court.scene, 'E_ASSURANCE', 'authorization');
});

/** Starts a second run, whose entry says something else than the first. */
async function startAgain(court: Court, changes: Partial<RunStarted>): Promise<void> {
  const { scene, run } = court;
  const [first] = await scene.service().events(run, 0);
  if (first?.event.type === 'run.started') {
    const data = { ...first.event.data, ...changes };
    await say({ scene, run: newRunId() }, { type: 'run.started', data });
  }
}

const bearer = (person: string | null): Partial<RunStarted> => ({
  via: 'api',
  initiator: {
    kind: 'person',
    chain: [{ role: 'caller', identity: 'token:0123456789abcdef', person }],
  },
});

describe('the audit finds a run started (E_TOKEN)', () => {
  test.each<[string, Partial<TokenIssued> | null, Partial<RunStarted>]>([
    ['with a token that was never issued', null, bearer('robin')],
    ['with a token that does not carry `start`', { scopes: ['read', 'admin'] }, bearer('robin')],
    ['with somebody else’s token', { scopes: ['start'] }, bearer('kim')],
    [
      'with a token that had expired',
      { scopes: ['start'], expires_at: '2020-01-01T00:00:00.000Z' },
      bearer('robin'),
    ],
    [
      'through the API by an account',
      null,
      {
        initiator: {
          kind: 'person',
          chain: [{ role: 'caller', identity: 'os:a@b', person: 'ana' }],
        },
      },
    ],
  ])('%s', async (_, token, changes) => {
    const court = await openServedCourt();
    if (token !== null) {
      await issue(court, token);
    }
    await startAgain(court, changes);
    await expectFinding(court.scene, 'E_TOKEN', 'authorization');
  });

  test('with a token, but not through the API', async () => {
    const court = await openCourt();
    await issue(court, { scopes: ['start'] });
    const { initiator } = bearer('robin');
    await startAgain(court, initiator === undefined ? {} : { initiator });
    await expectFinding(court.scene, 'E_TOKEN', 'authorization');
  });
});

test('what a receiver got is part of the journal: without it, integrity fails', async () => {
  const court = await openServedCourt();
  await say(court, await heard(court, { word: { raw: sha256('gone') as string as BlobId } }));
  await expectFinding(court.scene, 'E_BLOB_MISSING', 'integrity');
});

test('a token stays what its first entry says, and revoked', () => {
  const people = { people: [aPerson('robin'), aPerson('kim')] };
  const tokens = openTokens();
  const issued: TokenIssued = {
    token: '0123456789abcdef',
    hash: sha256('secret'),
    holder: robin,
    scopes: ['decide'],
    label: null,
    expires_at: '2026-03-04T06:00:00.000Z',
    by: 'os:runbook@elsewhere',
  };
  expect(tokens.issue(issued, people)).toBeNull();
  expect(
    tokens.revoke({ token: issued.token, by: issued.by }, '2026-03-04T05:00:00.000Z'),
  ).toBeNull();
  expect(tokens.issue({ ...issued, holder: { kind: 'person', id: 'kim' } }, people)).toBe(
    'token 0123456789abcdef was issued before',
  );
  for (const person of ['robin', 'kim']) {
    const by = { identity: 'token:0123456789abcdef', person, nowMs: 0, people };
    expect(tokens.judge(by)).not.toBeNull();
  }
});
