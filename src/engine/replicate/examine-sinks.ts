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
import { answeringOf } from './why-blocked.ts';

/** For `doctor`: how far each sink is, from our own notes of it; and whether policy can be met by them. */
export async function examineSinks(engine: Engine, trusted: Trusted): Promise<readonly Finding[]> {
  const { size } = await engine.store.head();
  const standings = await Promise.all(engine.sinks.map((sink) => examineSink(engine, sink, size)));
  return [...standings, ...(await examineDemand(engine, trusted))];
}

async function examineSink(engine: Engine, sink: Sink, of: number): Promise<Finding> {
  const cursor = (await getCursor(engine.store, sink.name)) ?? start;
  const name = `sink ${sink.name}`;
  const conflict = conflictOf(sink, cursor);
  if (conflict !== null) {
    const message = `${conflict.code}: ${conflict.message}`;
    return { name, ok: false, message, hint: conflict.hint ?? null };
  }
  const { wallMs } = engine.clock.now();
  const { size, at, failing } = cursor;
  const last = at === null ? 'nothing yet' : `last ${describeAge(wallMs - Date.parse(at))}`;
  const trouble = failing === null ? '' : `; since ${failing.since}: ${failing.why}`;
  return {
    name,
    ok: !isOut(cursor, wallMs),
    message: `${sink.address}: acknowledged ${Math.min(size, of)} of ${of}, ${last}${trouble}`,
    hint: failing === null ? null : '`runbook audit sync` tries again',
  };
}

const minuteMs = 60_000;

function describeAge(ms: number): string {
  return ms < minuteMs ? 'just now' : `${formatDuration(ms - (ms % minuteMs))} ago`;
}

/**
 * More copies than there are sinks that count, and no privileged step that it is about could ever start; more
 * than answered when they were last asked, and none would start now.
 */
async function examineDemand(
  engine: Engine,
  { policy, config }: Trusted,
): Promise<readonly Finding[]> {
  const { floor, rules } = policy.value;
  const demand = strictestRemote([
    floor.remote,
    ...rules.map(({ require }) => require?.remote ?? null),
  ]);
  const counting = countingSinks(config.value.sinks);
  const copies = copiesAmong(counting).length;
  if (demand === null) {
    return [];
  }
  const demanded = `policy demands ${demand.required} ${demand.required === 1 ? 'copy' : 'copies'} elsewhere`;
  if (demand.required > copies) {
    return [
      {
        name: 'copies',
        ok: false,
        message: `${demanded}, and ${copies} of the sinks in \`config.yaml\` count (${describeCopies(counting)})`,
        hint: 'add a witness, a mirror or an S3 bucket, or demand fewer',
      },
    ];
  }
  const answering = await answeringOf(engine, counting);
  return demand.required <= copiesAmong(answering).length
    ? []
    : [
        {
          name: 'copies',
          ok: false,
          message: `privileged steps are blocked: ${demanded}, and of those that count, when last asked, answered: ${describeCopies(answering)}`,
          hint: '`runbook audit sync` tries the others again, and says what they lack',
        },
      ];
}
