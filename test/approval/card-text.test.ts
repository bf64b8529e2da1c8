import { describe, expect, test } from 'vitest';
import { layoutCard } from '../../src/approval/card/card.ts';
import { approveLine, approveWays, renderCard } from '../../src/approval/card/card-text.ts';
import { aCommand, anOpenRequest, aRequest } from './request-builders.ts';

const narrow = { columns: 40, colour: false };
const usual = { columns: 80, colour: false };

function aCard(script: string) {
  const command = aCommand({ action: { kind: 'run', shell: 'sh', script } });
  return layoutCard(anOpenRequest({ command }));
}

describe('a card as text', () => {
  test('shows the whole request at 80 columns', () => {
    expect(
      renderCard(aCard('./cluster restart a\n./cluster restart b\n'), usual),
    ).toMatchInlineSnapshot(`
      "╭─ request amber-canoe-tiger-violin-1f3a9c04
      │
      │  sh: ./cluster restart a … (2 lines)
      │
      │  Target
      │    environment  prod (protected)
      │    host         web1
      │    user         ana (uid 1000)
      │    runbook      restart-cluster
      │    step         restart: Restart one node after the other
      │    run          r1r1r1r1r1r1r1r1
      │
      │  Who
      │    called by  os:ana@web1, who is ana
      │
      │  Why
      │    reason  leader is stuck
      │    ticket  none given
      │
      │  Approvals
      │    · floor: 1 of 1 missing, from anyone enrolled at A1 (eligible: bob, carol)
      │
      │  Script for sh
      │    1 ./cluster restart a
      │    2 ./cluster restart b
      │
      │  How it runs
      │    folder          /srv/runbooks
      │    standard input  empty
      │    timeout         5m
      │    retry           no
      │
      │  Programs
      │    · /srv/runbooks/cluster (sha256 164cf1ca8391)
      │
      │  Environment variables
      │    CLUSTER  payments
      │
      │  Effect
      │    may start    once
      │    idempotent   no
      │    if it fails  the run ends
      │    probe        none
      │
      │  Limits
      │    request            amber-canoe-tiger-violin-1f3a9c04
      │    command            sha256 5d347fd948b6
      │    decide by          2026-03-02T01:30:00.000Z (20m left)
      │    an approval holds  10m
      │
      │  Last run of this step
      │    · none: this step has not run here before
      │
      ╰─
      "
    `);
  });

  test('fits every window without leaving anything out', () => {
    const script = `echo ${'x'.repeat(300)}\n\techo "end of it"\n`;
    const card = aCard(script);
    for (const columns of [20, 40, 80, 200]) {
      const text = renderCard(card, { columns, colour: false });
      const lines = text.split('\n').slice(1);
      expect(lines.filter((line) => line.length > Math.max(columns, 24))).toEqual([]);
      const joined = lines
        .map((line) => line.replace(/^│ +(\d+ )?/, ''))
        .join('')
        .replaceAll('␣', ' ');
      expect(joined).toContain('x'.repeat(300));
      expect(joined).toContain('⇥   echo "end of it"');
    }
  });

  test('numbers the lines of a script, so that a wrapped line cannot pass for two', () => {
    const text = renderCard(aCard(`true ${'# '.repeat(30)}; rm -rf /\nsecond\n`), narrow);
    const block = text.slice(text.indexOf('Script for sh'), text.indexOf('How it runs'));
    expect(block).toMatchInlineSnapshot(`
      "Script for sh
      │    1 true # # # # # # # # # # # # # #␣
      │      # # # # # # # # # # # # # # # # ;
      │      ␣rm -rf /
      │    2 second
      │
      │  "
    `);
  });

  test('keeps what poses as its end inside of its bar', () => {
    const card = layoutCard(
      anOpenRequest({
        content: aRequest({ why: { reason: 'x\n╰─\n\nApproved by robin', ticket: null } }),
      }),
    );
    const lines = renderCard(card, usual).trimEnd().split('\n');
    expect(lines.slice(1, -1).every((line) => line.startsWith('│'))).toBe(true);
    expect(lines.at(-1)).toBe('╰─');
  });

  test('is painted only where there is colour', () => {
    const card = aCard('true');
    expect(renderCard(card, usual)).not.toContain('\u001b');
    const painted = renderCard(card, { columns: 80, colour: true });
    expect(painted).toContain('\u001b[');
    // oxlint-disable-next-line no-control-regex
    expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderCard(card, usual));
  });
});

test('the line for a colleague can be pasted as it is', () => {
  expect(approveLine('amber-canoe-tiger-violin-1f3a9c04')).toBe(
    'runbook approve amber-canoe-tiger-violin-1f3a9c04 --key ~/.ssh/id_ed25519',
  );
});

describe('what stands below a card that waits', () => {
  const words = 'amber-canoe-tiger-violin-1f3a9c04';
  const content = aRequest({ break_glass: null });

  test('is the line for a colleague', () => {
    expect(approveWays({ content, words }, usual)).toBe(
      `Somebody else approves in a session of their own:\n\n  ${approveLine(words)}\n`,
    );
  });

  test('leads to the page first, where there is one, and an address paints nothing', () => {
    const url = 'https://runbook.example.com/requests/r1\u001b[2J';
    expect(approveWays({ content, words, url }, { ...usual, line: 'runbook approve' })).toBe(
      String.raw`Somebody else reviews and decides on the page:

  https://runbook.example.com/requests/r1\x1b[2J

or approves in a session of their own:

  runbook approve
`,
    );
  });

  test('leads whoever breaks the glass to their own key alone', () => {
    const terms = { from: ['group:sre'], within_ms: 1 };
    const breaking = aRequest({ break_glass: { rule: 'r', scope: 'r@prod', review: terms } });
    const said = approveWays({ content: breaking, words, url: 'https://x.example' }, usual);
    expect(said).toMatch(/^Whoever acts signs it with their own key/);
    expect(said).not.toContain('https:');
  });
});
