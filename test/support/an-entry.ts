import type { Event } from '../../src/run/events.ts';

/** An entry of no run that names no content. */
export function anEntry(lane: string, number: number): Event {
  const data = { sink: lane, kind: 'test', since: '2026-01-01T00:00:00.000Z' };
  return { type: 'sink.gap', data: { ...data, acknowledged: number, why: 'x'.repeat(100) } };
}
