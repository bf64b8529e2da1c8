import { formatDuration } from '../../base/duration.ts';
import {
  copiesAmong,
  countingSinks,
  describeCopies,
  strictestRemote,
} from '../../policy/remote.ts';
import type { Sink } from '../../sinks/sink.ts';
import type { Engine, Trusted } from '../engine.ts';
import type { Finding } from '../reports.ts';
import { conflictOf, getCursor, start } from './cursor.ts';
import { isOut } from './note-gap.ts';

/** For `doctor`: how far each sink is, from our own notes of it; and whether policy can be met by them. */
export async function examineSinks(engine: Engine, trusted: Trusted): Promise<readonly Finding[]> {
  const { size } = await engine.store.head();
  const standings = await Promise.all(engine.sinks.map((sink) => examineSink(engine, sink, size)));
  return [...standings, ...examineDemand(trusted)];
}

async function examineSink(engine: Engine, sink: Sink, of: number): Promise<Finding> {
  const cursor = (await getCursor(engine.store, sink.name)) ?? start;
  const name = `sink ${sink.name}`;
  const conflict = conflictOf(sink, cursor);
  if (conflict !== null) {
    return { name, ok: false, message: conflict.message, hint: conflict.hint ?? null };
  }
  const { wallMs } = engine.clock.now();
  const { size, at, failing } = cursor;
  const age = at === null ? null : formatDuration(wholeMinutes(wallMs - Date.parse(at)));
  const last = age === null ? 'nothing yet' : `last ${age} ago`;
  const trouble = failing === null ? '' : `; since ${failing.since}: ${failing.why}`;
  return {
    name,
    ok: !isOut(cursor, wallMs),
    message: `${sink.address}: acknowledged ${Math.min(size, of)} of ${of}, ${last}${trouble}`,
    hint: failing === null ? null : '`runbook audit sync` tries again',
  };
}

const minuteMs = 60_000;

function wholeMinutes(ms: number): number {
  return Math.max(1, Math.round(ms / minuteMs)) * minuteMs;
}

/** More copies than there are sinks that count: no privileged step that it is about could ever start. */
function examineDemand({ policy, config }: Trusted): readonly Finding[] {
  const { floor, rules } = policy.value;
  const demand = strictestRemote([
    floor.remote,
    ...rules.map(({ require }) => require?.remote ?? null),
  ]);
  const counting = countingSinks(config.value.sinks);
  const copies = copiesAmong(counting).length;
  if (demand === null || demand.required <= copies) {
    return [];
  }
  return [
    {
      name: 'copies',
      ok: false,
      message: `policy demands ${demand.required} ${demand.required === 1 ? 'copy' : 'copies'} elsewhere, and ${copies} of the sinks in \`config.yaml\` count (${describeCopies(counting)})`,
      hint: 'add a witness, a mirror or an S3 bucket, or demand fewer',
    },
  ];
}
