import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CardInput, layoutCard } from '../../src/approval/card/card.ts';
import { type CardSection, textsOf } from '../../src/approval/card/card-section.ts';
import type { ChainLink } from '../../src/approval/people/people.ts';
import { requestStates } from '../../src/approval/request-state.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { RunId } from '../../src/base/ids.ts';
import { aSlot } from './builders.ts';
import { aCommand, anOpenRequest, aRequest } from './request-builders.ts';

/** A card as plain lines, as the simplest channel would print it. */
function linesOf(open: CardInput): readonly string[] {
  const { title, words, sections } = layoutCard(open);
  return [`${title} [${words}]`, ...sections.flatMap(sectionLines)];
}

function sectionLines(section: CardSection): readonly string[] {
  const lines =
    section.kind === 'fields'
      ? section.fields.map(({ label, value }) => `${label}: ${value}`)
      : textsOf(section).flatMap((text) => text.split('\n'));
  return [section.heading, ...lines.map((line) => `  ${line}`)];
}

const secret = { secret: 'params.token', commitment: sha256('token') };

test('a card shows everything there is to know, in its order', () => {
  const open = anOpenRequest({
    content: aRequest({
      initiator: {
        kind: 'agent',
        chain: [
          { role: 'caller', identity: 'os:svc@web1', person: null },
          { role: 'agent', identity: 'agent:deploy-bot', person: null },
          { role: 'agent_owner', identity: 'person:carol', person: 'carol' },
        ],
      },
      policy: {
        slots: [
          aSlot('two/peer', ['ana', 'bob'], { count: 2, from: ['group:sre'] }),
          aSlot('two/owner', [], { from: ['dave'], assurance: 'A3', presence: true }),
        ],
        evaluation: { ...aRequest().policy.evaluation, matched: ['two'] },
      },
      secrets: ['params.token'],
      not_bound: ['`lib.sh`, which the script reads'],
      effect: { idempotent: true, continue_on_error: false, has_check: true },
      grant: { uses: 3 },
      previous: {
        run: 'r0r0r0r0r0r0r0r0' as RunId,
        time: '2026-03-01T08:00:00.000Z',
        outcome: 'succeeded',
        digest: sha256('other'),
        command: aRequest().commands[0]?.command ?? aRequest().runbook.plan,
      },
      unverified: { agent: 'deploy-bot', text: 'routine work, please approve' },
    }),
    command: aCommand({
      action: { kind: 'run', shell: 'bash', script: '# harmless\n./cluster restart a\nsleep 1\n' },
      env: { TOKEN: [secret], CLUSTER: ['payments'] },
      files: [{ path: '/srv/runbooks/nodes.txt', sha256: sha256('nodes') }],
      retry: {
        attempts: 3,
        delay_ms: 1000,
        backoff: 2,
        max_delay_ms: 60_000,
        on: [{ kind: 'exit', code: 3 }, { kind: 'timeout' }],
      },
      check: aCommand({
        action: { kind: 'exec', argv: ['./cluster', 'status'] },
        env: {},
        expect: { exit: [0], status: [], that: 'stdout == "up"' },
      }),
    }),
    previous: aCommand(),
    missing: [
      { slot: 'two/peer', count: 1, from: ['group:sre'] },
      { slot: 'two/owner', count: 1, from: ['dave'] },
    ],
  });
  expect(linesOf(open).join('\n')).toMatchInlineSnapshot(`
    "bash: ./cluster restart a … (3 lines) [amber-canoe-tiger-violin-1f3a9c04]
    Target
      environment: prod (protected)
      host: web1
      user: ana (uid 1000)
      runbook: restart-cluster
      step: restart: Restart one node after the other
      run: r1r1r1r1r1r1r1r1
    Who
      called by: os:svc@web1
      agent: agent:deploy-bot
      agent's owner: person:carol, who is carol
    Why
      reason: leader is stuck
      ticket: none given
    Approvals
      two/peer: 1 of 2 missing, from \`group:sre\` at A1 (eligible: ana, bob)
      two/owner: 1 of 1 missing, from \`dave\` at A3 with a touch (eligible: nobody)
    Rules that matched
      two
    Script for bash
      # harmless
      ./cluster restart a
      sleep 1
      
    How it runs
      folder: /srv/runbooks
      standard input: empty
      timeout: 5m
      retry: up to 3 attempts, 1s apart, times 2, at most 1m, on exit 3, timeout
    Programs
      /srv/runbooks/cluster (sha256 164cf1ca8391)
    Files
      /srv/runbooks/nodes.txt (sha256 45978ecb2996)
    Environment variables
      CLUSTER: payments
      TOKEN: ‹secret params.token›
    Check: command
      ./cluster
      status
    Check: how it runs
      folder: /srv/runbooks
      standard input: empty
      timeout: 5m
      retry: no
    Check: the rest
      as the step has it
    Check: it settles the outcome when
      exit 0
      \`stdout == "up"\`
    Secrets it is given
      params.token
    Not bound by the approval
      \`lib.sh\`, which the script reads
    Effect
      may start: up to 3 times
      idempotent: yes: after a crash it may start again without an answer
      if it fails: the run ends
      probe: a check may settle an unknown outcome
    Limits
      request: amber-canoe-tiger-violin-1f3a9c04
      command: sha256 5d347fd948b6
      decide by: 2026-03-02T01:30:00.000Z (20m left)
      an approval holds: 10m
    Last run of this step
      when: 2026-03-01T08:00:00.000Z
      outcome: succeeded
      run: r0r0r0r0r0r0r0r0
    Changes since
      action: was \`exec\`, is \`run\`
      environment variable TOKEN: added, <params.token 3c469e9d>
      file /srv/runbooks/nodes.txt: added, 45978ecb2996bf78f07eed5be1b452a1dd2f2a93eda3aedb66f39ee36ccb2a79
      retry: was null, is {"attempts":3,"delay_ms":1000,"backoff":2,"max_delay_ms":60000,"on":[{"kind":"exit","code":3},{"kind":"timeout"}]}
      check: added
    Unverified, in the agent's own words
      agent deploy-bot says: routine work, please approve"
  `);
});

test('a card shows the whole HTTP request', () => {
  const command = aCommand({
    action: {
      kind: 'http',
      method: 'DELETE',
      url: 'https://api.example.com/v1/nodes/a%20b?force=true',
      headers: [{ name: 'authorization', value: ['Bearer ', secret] }],
      body: ['{"why": "', secret, '"}\nend'],
      redirects: 'off',
    },
    programs: [],
  });
  const lines = linesOf(anOpenRequest({ command }));
  const from = lines.indexOf('HTTP request');
  expect([lines[0], ...lines.slice(from, lines.indexOf('How it runs'))]).toEqual([
    'DELETE https://api.example.com/v1/nodes/a%20b?force=true [amber-canoe-tiger-violin-1f3a9c04]',
    'HTTP request',
    '  method: DELETE',
    '  url: https://api.example.com/v1/nodes/a%20b?force=true',
    '  redirects: not followed',
    'Headers',
    '  authorization: Bearer ‹secret params.token›',
    'Body',
    '  {"why": "‹secret params.token›"}',
    '  end',
  ]);
});

test('a card says where nobody said who set off a job', () => {
  const job = { role: 'ci', identity: 'ci:github/acme/infra', person: 'lee' } as const;
  const actor = { role: 'ci_actor', identity: 'ci:github/ana', person: 'ana' } as const;
  const whoOf = (...chain: readonly ChainLink[]) =>
    linesOf(anOpenRequest({ content: aRequest({ initiator: { kind: 'ci', chain } }) })).filter(
      (line) => line.includes('set off by'),
    );
  expect(whoOf(job)).toEqual(['  set off by: nobody said']);
  expect(whoOf(job, actor)).toEqual(['  set off by: ci:github/ana, who is ana']);
  expect(whoOf({ role: 'caller', identity: 'os:ana@web1', person: 'ana' })).toEqual([]);
});

describe('what a card compares with', () => {
  const lastLines = (more: Partial<CardInput>) => linesOf(anOpenRequest(more)).slice(-6);
  const previous = {
    run: 'r0r0r0r0r0r0r0r0' as RunId,
    time: '2026-03-01T08:00:00.000Z',
    outcome: 'failed',
    digest: aRequest().commands[0]?.digest ?? sha256(''),
    command: aRequest().runbook.plan,
  };

  test('is said where there is nothing', () => {
    expect(lastLines({})).toContain('  none: this step has not run here before');
  });

  test('is said where nothing differs', () => {
    const content = aRequest({ previous });
    expect(lastLines({ content, previous: aCommand() })).toContain('  none: the very same command');
  });

  test('is said where the last command is gone', () => {
    const content = aRequest({ previous: { ...previous, digest: sha256('other') } });
    expect(lastLines({ content })).toContain('  its command is no longer stored');
  });
});

describe('hostile text', () => {
  const evil = 'ok\u001b[2J\u202egnp\u200b\r\nApprovals\n  complete\u2028';
  const shown = 'ok\\x1b[2J\\u{202e}gnp\\u{200b}\\x0d\\x0aApprovals\\x0a  complete\\u{2028}';

  test('stays on its line, with everything unseen made visible', () => {
    const open = anOpenRequest({
      content: aRequest({
        name: evil,
        why: { reason: evil, ticket: evil },
        target: { ...aRequest().target, user: evil },
        secrets: [evil],
        not_bound: [evil],
        unverified: { agent: evil, text: evil },
      }),
      command: aCommand({
        action: { kind: 'exec', argv: ['./cluster', evil] },
        env: { X: [evil] },
        cwd: evil,
      }),
    });
    const text = linesOf(open).join('\n');
    expect(text).not.toMatch(/[\p{Cf}\p{Zl}]|(?!\n)\p{Cc}/u);
    expect(text.match(/^Approvals$/gm)).toHaveLength(1);
    expect(text).toContain(`  reason: ${shown}\n`);
    expect(text).toContain(`  '${shown}'\n`);
    expect(text).toContain(`  X: ${shown}\n`);
    expect(layoutCard(open).title).toBe(`./cluster '${shown}'`);
  });

  test('of an agent comes last, marked as its own', () => {
    const content = aRequest({ unverified: { agent: 'bot', text: 'approved by carol' } });
    expect(linesOf(anOpenRequest({ content })).slice(-2)).toEqual([
      "Unverified, in the agent's own words",
      '  agent bot says: approved by carol',
    ]);
  });

  test('cannot pose as a secret', () => {
    const command = aCommand({ env: { TOKEN: ['‹secret params.token›'] } });
    expect(linesOf(anOpenRequest({ command }))).toContain('  TOKEN: ‹‹secret params.token››');
  });

  test('in letters that look like others is pointed out', () => {
    const command = aCommand({ action: { kind: 'exec', argv: ['restart', 'p\u0430yments'] } });
    const lines = linesOf(anOpenRequest({ command }));
    expect(lines[lines.indexOf('Letters that look like others') + 1]).toBe('  p\u0430yments');
  });

  test('in one argument never looks like two', () => {
    const line = (argv: readonly string[]) =>
      layoutCard(anOpenRequest({ command: aCommand({ action: { kind: 'exec', argv } }) })).title;
    expect(line(['rm', 'a b', ''])).toBe("rm 'a b' ''");
    expect(line(['echo', "it's"])).toBe(`echo 'it'\\''s'`);
  });

  test('of any kind leaves a card whose lines are lines', () => {
    const hostile = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, script, value) => {
        const open = anOpenRequest({
          content: aRequest({ name, why: { reason: value, ticket: null } }),
          command: aCommand({ action: { kind: 'run', shell: 'sh', script }, env: { X: [value] } }),
        });
        const { title, sections } = layoutCard(open);
        const lines = sections.filter(({ kind }) => kind !== 'block').flatMap(textsOf);
        for (const line of [title, ...lines]) {
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
        for (const text of sections.flatMap(textsOf)) {
          expect(text.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
      }),
    );
  });
});

test('a card says what is asked for where nobody can say what is missing', () => {
  const lines = linesOf(anOpenRequest({ missing: null }));
  expect(lines).toContain('  floor: asks for 1, from anyone enrolled at A1 (eligible: bob, carol)');
});

test.each(requestStates)(
  'a card of a request that is %s calls nothing complete that was not given',
  (state) => {
    const isOpen = state === 'pending' || state === 'revoked';
    const open = anOpenRequest({ state, ...(isOpen ? {} : { missing: [] }) });
    const given = state === 'approved' || state === 'claimed';
    const words = given ? 'complete' : isOpen ? '1 of 1 missing' : 'asks for 1';
    const line = linesOf(open).find((it) => it.startsWith('  floor: '));
    expect(line).toBe(`  floor: ${words}, from anyone enrolled at A1 (eligible: bob, carol)`);
  },
);

test('a card of what nobody decides any more counts no time down', () => {
  const still = requestStates.filter((state) =>
    linesOf(anOpenRequest({ state })).includes('  decide by: 2026-03-02T01:30:00.000Z'),
  );
  const open = ['pending', 'approved', 'revoked'];
  expect(still).toEqual(requestStates.filter((state) => !open.includes(state)));
});

test('what is shown as the target is what the digest covers', () => {
  const command = aCommand({ environment: 'staging', host: 'web7', uid: 0 });
  const lines = linesOf(anOpenRequest({ command }));
  expect(lines.slice(2, 5)).toEqual([
    '  environment: staging (protected)',
    '  host: web7',
    '  user: ana (uid 0)',
  ]);
});

test('the time left is never more than there is', () => {
  const left = (nowMs: number) =>
    linesOf(anOpenRequest({ nowMs })).find((line) => line.startsWith('  decide by'));
  const until = Date.parse('2026-03-02T01:30:00.000Z');
  expect(left(until - 1999)).toBe('  decide by: 2026-03-02T01:30:00.000Z (1s left)');
  expect(left(until)).toBe('  decide by: 2026-03-02T01:30:00.000Z (too late)');
});
