import { expect, test } from 'vitest';
import { textsOf } from '../../../src/approval/card/card-section.ts';
import { draftCard } from '../../../src/channels/cards/draft.ts';
import { aLook, aStanding } from './standing.ts';

/** What a card in a chat says of its one slot. */
function slotOf(of: Parameters<typeof aStanding>[0]): string {
  const { sections } = draftCard(aStanding({ missing: [], ...of }), aLook()).card;
  const lines = sections.flatMap(textsOf).filter((text) => text.startsWith('floor: '));
  return lines.join('\n').replace(/,.*/s, '');
}

test('a card in a chat calls approvals complete only where they were given', () => {
  expect(slotOf({ state: 'approved' })).toBe('floor: complete');
  for (const state of ['rejected', 'expired', 'lapsed', 'superseded', 'cancelled'] as const) {
    expect(slotOf({ state })).toBe('floor: asks for 1');
  }
});
