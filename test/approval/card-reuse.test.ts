import { describe, expect, test } from 'vitest';
import { layoutCard } from '../../src/approval/card/card.ts';
import { renderCard } from '../../src/approval/card/card-text.ts';
import { sha256 } from '../../src/base/digest.ts';
import { commandDigest } from '../../src/runbook/digest.ts';
import type { Hole } from '../../src/runbook/holes/hole.ts';
import { aCommand, anOpenRequest, aRequest } from './request-builders.ts';

const shard: Hole = {
  name: 'params.shard',
  type: 'integer',
  enum: null,
  pattern: null,
  min: 1,
  max: 8,
};
const mark = '\uE000params.shard\uE001';
const template = aCommand({ action: { kind: 'exec', argv: ['./restart', mark] } });

function sections(more: Parameters<typeof aRequest>[0]): string {
  const [asked] = aRequest().commands;
  if (asked === undefined) {
    throw new Error('a request asks for something');
  }
  const content = aRequest({
    commands: [
      {
        ...asked,
        digest: commandDigest(template),
        holes: [shard],
        values: { 'params.shard': 1 },
      },
    ],
    grant: { uses: 1, reuse: { rule: 'shards', max_uses: 3, for_ms: 1_200_000 } },
    ...more,
  });
  const previous = aCommand({ action: { kind: 'exec', argv: ['./restart', '3'] } });
  const card = layoutCard(anOpenRequest({ content, command: template, previous }));
  return renderCard(card, { columns: 100, colour: false });
}

describe('the card of an approval that holds for later runs', () => {
  test('says how far it goes, and what this run does with it', () => {
    expect(sections({})).toContain(
      [
        '│  The approval also holds for later runs',
        "│    · up to 3 uses in 20m, this run's included",
        '│    · shard: whole number from 1 to 8',
        '│    · this run: shard 1',
        '│    · under the rule shards',
        '',
      ].join('\n'),
    );
  });

  test('says no other limits than those that hold', () => {
    const text = sections({});
    expect(text).toContain('│    may start    up to 3 times, later runs included\n');
    expect(text).toContain('│    an approval holds  20m\n');
    expect(text).not.toContain('once');
    expect(text).not.toContain('10m');
  });

  test('shows its holes in what changed since the last run, too', () => {
    const digest = sha256('another');
    const last = { run: aRequest().run, time: '2026-03-01T01:00:00.000Z', outcome: 'succeeded' };
    const previous = { ...last, digest, command: aRequest().runbook.plan };
    const text = sections({ previous });
    expect(text).toContain('argument 1: was "3", is "‹params.shard: from 1, up to 8›"\n');
    expect(text).not.toContain('e000');
  });
});
