import type { RemoteDemand } from '../../policy/policy.ts';
import { type CountingSink, copiesAmong, countingSinks } from '../../policy/remote.ts';
import type { Engine } from '../engine.ts';
import { conflictOf, getCursor, start } from './cursor.ts';

/** Why no privileged step could begin now, and what a process ends with that tries. */
export interface Blocked {
  readonly reason: string;
  readonly exit_code: 14 | 18;
}

/** By our notes of what the sinks said last: nobody is asked. Null where nothing stands in the way. */
export async function whyBlocked(
  engine: Engine,
  demand: RemoteDemand | null,
): Promise<Blocked | null> {
  const { store, sinks } = engine;
  for (const sink of sinks) {
    const conflict = conflictOf(sink, (await getCursor(store, sink.name)) ?? start);
    if (conflict !== null) {
      return { reason: `${conflict.code}: ${conflict.message}`, exit_code: 14 };
    }
  }
  const counting = countingSinks(engine.trusted().config.value.sinks);
  const answering = await answeringOf(engine, counting);
  if (demand === null || copiesAmong(answering).length >= demand.required) {
    return null;
  }
  const copies = demand.required === 1 ? '1 copy' : `${demand.required} copies`;
  const silent = counting.filter((sink) => !answering.includes(sink));
  const whys = await Promise.all(silent.map((sink) => whySilent(engine, sink)));
  const who = whys.length === 0 ? 'fewer sinks of `config.yaml` count' : whys.join('; ');
  return { reason: `waits for ${copies} of the journal elsewhere: ${who}`, exit_code: 18 };
}

/** Those that failed last, or have another history, do not; one that nobody has asked yet may. */
export async function answeringOf(
  { store }: Engine,
  counting: readonly CountingSink[],
): Promise<readonly CountingSink[]> {
  const cursors = await Promise.all(counting.map(({ name }) => getCursor(store, name)));
  return counting.filter((_sink, at) => {
    const { failing, conflict } = cursors[at] ?? start;
    return failing === null && conflict === null;
  });
}

async function whySilent({ store }: Engine, { name }: CountingSink): Promise<string> {
  const why = (await getCursor(store, name))?.failing?.why ?? 'it did not answer';
  return why.includes(`\`${name}\``) ? why : `sink \`${name}\`: ${why}`;
}
