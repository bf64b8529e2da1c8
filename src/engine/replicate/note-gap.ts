import type { Sink } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import type { Cursor } from './cursor.ts';

/** An outage that lasts this long is recorded, and is what `doctor` complains of. */
const outageMs = 10 * 60_000;

/** Whether a sink has acknowledged nothing for longer than it may. */
export function isOut({ failing }: Cursor, nowMs: number): boolean {
  return failing !== null && nowMs - Date.parse(failing.since) >= outageMs;
}

/** Records an outage that has become long, once, whoever finds it: it is one until something is acknowledged. */
export async function noteGap(engine: Engine, sink: Sink, cursor: Cursor): Promise<void> {
  const { failing, size } = cursor;
  if (failing === null || !isOut(cursor, engine.clock.now().wallMs)) {
    return;
  }
  const { since, why } = failing;
  await engine.store.commit({
    run: null,
    expectedVersion: null,
    commandId: `sink.gap.${sink.name}.${since}`,
    events: [
      {
        type: 'sink.gap',
        data: { sink: sink.name, kind: sink.kind, since, acknowledged: size, why },
      },
    ],
  });
}
