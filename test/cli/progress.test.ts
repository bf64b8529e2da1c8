import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../src/base/ids.ts';
import { plainPaint } from '../../src/cli/paint.ts';
import { progressListener } from '../../src/cli/render/progress.ts';
import type { Listener } from '../../src/engine/service.ts';
import type { Recorded } from '../../src/run/events.ts';
import { aReport, aRunId } from './builders.ts';

interface Watched extends Listener {
  text(): string;
  record(type: string, data: object): void;
}

/** What somebody sees on a window of this width; `live` is a terminal. */
function watch(columns: number, live = true): Watched {
  let text = '';
  const listener = progressListener({
    report: aReport(),
    style: { paint: plainPaint, columns },
    live,
    write: (more) => {
      text += more;
    },
    showRequest: () => '<card>\n',
  });
  return {
    ...listener,
    text: () => text,
    record(type, data) {
      const entry = { seq: 1, time: '', run: aRunId, hash: '' as Sha256, event: { type, data } };
      listener.recorded(entry as unknown as Recorded);
    },
  };
}

const permit = { kind: 'policy' };

const asked = { step: 'restart' };
const gate: unknown = { content: { ...asked, break_glass: null, commands: [asked] } };
const aGate = gate as Parameters<Listener['waiting']>[0];

function aWholeRun(seen: Watched): void {
  seen.record('run.started', {});
  seen.record('step.started', { step: 'health', permit });
  seen.record('step.finished', {
    step: 'health',
    outcome: 'succeeded',
    reason: null,
    duration_ms: 120,
  });
  seen.record('approval.requested', { step: 'restart', break_glass: null, commands: [asked] });
  seen.waiting(aGate);
  seen.record('approval.decided', {
    decision: 'approve',
    person: 'robin',
    assurance: 'A3',
    reason: null,
  });
  seen.record('step.started', { step: 'restart', permit });
  seen.output('restart', 'stdout', Buffer.from('node a restarted\nnode b '));
  seen.output('restart', 'stdout', Buffer.from('restarted\n'));
  seen.record('step.finished', {
    step: 'restart',
    outcome: 'succeeded',
    reason: null,
    duration_ms: 2140,
  });
  seen.record('step.started', { step: 'verify', permit });
  seen.record('step.finished', {
    step: 'verify',
    outcome: 'failed',
    reason: 'exit code 3',
    duration_ms: 64_000,
  });
}

describe('progress', () => {
  test('is a line for each step, with its output below it', () => {
    const seen = watch(80);
    aWholeRun(seen);
    expect(seen.text()).toMatchInlineSnapshot(`
      "● health   Check that every node is up … ok 0.1s
      ◆ restart  Restart one node after the other … needs approval
      <card>
        approved by robin (A3)
      ● restart  Restart one node after the other …
          node a restarted
          node b restarted
        ok 2.1s
      ● verify … failed: exit code 3 1m 04s
      "
    `);
  });

  test('names the step that waits also to whoever comes when it was asked for', () => {
    const seen = watch(80);
    seen.waiting(aGate);
    seen.waiting(aGate);
    expect(seen.text()).toBe(
      '◆ restart  Restart one node after the other … needs approval\n<card>\n<card>\n',
    );
  });

  test('says how a step went on a line of its own where nobody watches lines grow', () => {
    const seen = watch(80, false);
    aWholeRun(seen);
    expect(seen.text()).toMatchInlineSnapshot(`
      "● health   Check that every node is up
        ok 0.1s
      ◆ restart  Restart one node after the other
        needs approval
      <card>
        approved by robin (A3)
      ● restart  Restart one node after the other
          node a restarted
          node b restarted
        ok 2.1s
      ● verify
        failed: exit code 3 1m 04s
      "
    `);
  });

  test('fits a window of 40 columns', () => {
    const seen = watch(40);
    aWholeRun(seen);
    expect(seen.text()).toMatchInlineSnapshot(`
      "● health   Check that every node is up …
        ok 0.1s
      ◆ restart  Restart one node after the
                 other … needs approval
      <card>
        approved by robin (A3)
      ● restart  Restart one node after the
                 other …
          node a restarted
          node b restarted
        ok 2.1s
      ● verify … failed: exit code 3 1m 04s
      "
    `);
    expect(
      seen
        .text()
        .split('\n')
        .filter((line) => line.length > 40),
    ).toEqual([]);
  });

  test('says loudly where the glass is broken, and who reviewed it', () => {
    const seen = watch(80);
    const terms = { rule: 'night', scope: 'night@prod' };
    seen.record('approval.requested', { step: 'restart', break_glass: terms, commands: [asked] });
    const broken = { kind: 'grant', break_glass: 'night@prod' };
    seen.record('step.started', { step: 'restart', permit: broken });
    seen.record('step.finished', {
      step: 'restart',
      outcome: 'succeeded',
      reason: null,
      duration_ms: 2100,
    });
    const review = { person: 'robin', finding: 'justified', reason: 'it had to be' };
    seen.record('break_glass.reviewed', review);
    expect(seen.text()).toMatchInlineSnapshot(`
      "◆ restart  Restart one node after the other …
        BREAK-GLASS by night: whoever acts signs
        BREAK-GLASS: a review is owed in night@prod from now on
      ● restart  Restart one node after the other … ok 2.1s
        reviewed by robin: justified: it had to be
      "
    `);
  });

  test('shows what a step prints without letting it drive the terminal', () => {
    const seen = watch(80);
    seen.record('step.started', { step: 'verify', permit });
    seen.output('verify', 'stdout', Buffer.from('\u001b[2J\u001b[31mred\u001b[0m\u0007\n'));
    seen.output('verify', 'stderr', Buffer.from('10%\r50%\r100%\r\n'));
    seen.output('verify', 'stdout', Buffer.from('no end\u202e'));
    seen.record('step.finished', {
      step: 'verify',
      outcome: 'succeeded',
      reason: null,
      duration_ms: 5,
    });
    expect(seen.text()).toBe('● verify …\n    red\n    100%\n    no end\\u{202e}\n  ok 0.0s\n');
  });

  test('keeps characters whole that come in two chunks', () => {
    const seen = watch(80);
    const bytes = Buffer.from('größe\n');
    seen.output('verify', 'stdout', bytes.subarray(0, 3));
    seen.output('verify', 'stdout', bytes.subarray(3));
    expect(seen.text()).toBe('    größe\n');
  });

  test('tells of skipped, denied, unknown and expired', () => {
    const seen = watch(80);
    seen.record('step.skipped', { step: 'health', why: 'its `if` is false' });
    seen.record('step.denied', {
      step: 'restart',
      reasons: [{ rule: 'weekend', reason: 'wait for Monday' }],
    });
    seen.record('step.unknown', { step: 'verify', why: 'the process that ran it is gone' });
    seen.record('step.resolved', { step: 'verify', outcome: 'failed', reason: 'it did nothing' });
    seen.record('approval.expired', { which: 'pending' });
    seen.record('approval.superseded', { changes: ['script line 2'] });
    seen.delayed('verify', 30_000);
    seen.record('run.cancel_requested', {
      by: { identity: 'token:4f7k1m8q2zr5w9xd', person: 'ana' },
      reason: 'wrong cluster',
    });
    expect(seen.text()).toMatchInlineSnapshot(`
      "○ health   Check that every node is up … skipped: its \`if\` is false
      ✗ restart  Restart one node after the other … denied: weekend: wait for Monday
      ? verify … unknown: the process that ran it is gone
        \`verify\` is settled as failed: it did nothing
        expired: nobody decided in time
        asking again, because this changed: script line 2
        again in 30s
        cancelling, asked for by ana (token:4f7k1m8q2zr5w9xd): wrong cluster
      "
    `);
  });
});
