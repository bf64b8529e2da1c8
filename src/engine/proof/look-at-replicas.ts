import type { Replica, ReplicaAnswer } from '../../audit/replicas.ts';
import { type Sink, SinkConflict } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { type Cursor, getCursor } from '../replicate/cursor.ts';
import { logView } from '../replicate/own-log.ts';

/** How long a copy may take to say what it has. */
const patienceMs = 10_000;

/** What the copies that are configured acknowledged and, where somebody asks, what each has now. */
export async function lookAtReplicas(engine: Engine, online: boolean): Promise<readonly Replica[]> {
  return Promise.all(engine.sinks.map((sink) => lookAt(engine, sink, online)));
}

/** Notes over heads that copies have and that are not ours. */
export function conflictsOf(replicas: readonly Replica[]): readonly string[] {
  return replicas.flatMap(({ said }) =>
    said?.kind === 'conflict' && said.note !== null ? [said.note] : [],
  );
}

async function lookAt(engine: Engine, sink: Sink, online: boolean): Promise<Replica> {
  const { name, kind } = sink;
  const cursor = await getCursor(engine.store, name);
  return {
    name,
    kind,
    acknowledged:
      cursor === null || cursor.at === null
        ? null
        : { size: cursor.size, root: cursor.root, at: cursor.at },
    said: (online ? await ask(engine, sink) : null) ?? lastConflict(cursor),
  };
}

/** Null where it has no way to say what it has. */
async function ask({ store }: Engine, sink: Sink): Promise<ReplicaAnswer | null> {
  if (sink.kind === 'timestamp' || sink.kind === 'otlp') {
    return null;
  }
  try {
    const answer = await sink.head(logView(store), AbortSignal.timeout(patienceMs));
    const head = 'elsewhere' in answer ? answer.elsewhere : answer;
    return head === null
      ? { kind: 'nothing' }
      : { kind: 'head', size: head.size, root: head.root?.toString('base64') ?? null };
  } catch (error) {
    if (error instanceof SinkConflict) {
      const { code, message, theirs } = error;
      const told = code === 'E_ROLLBACK' ? code : 'E_FORK';
      return { kind: 'conflict', code: told, message, note: theirs.note };
    }
    return { kind: 'unreachable', why: error instanceof Error ? error.message : String(error) };
  }
}

/** It stands until the copy says something better. */
function lastConflict(cursor: Cursor | null): ReplicaAnswer | null {
  if (cursor === null || cursor.conflict === null) {
    return null;
  }
  const { code, message, note } = cursor.conflict;
  return { kind: 'conflict', code, message: `it said last: ${message}`, note };
}
