import * as v from 'valibot';
import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import { UsageError } from '../base/errors.ts';
import { newRunId, type RunId, type Sha256 } from '../base/ids.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Notes } from '../channels/channel.ts';
import type { StartBody } from '../engine/wire/runs.ts';
import { sha256 as hash, runId } from '../engine/wire/values.ts';

/** How long a key is remembered: far longer than any client tries again. */
const keptMs = 24 * 3_600_000;

export interface Once {
  /** The token's public id: a key is its bearer's own. */
  readonly token: string;
  readonly key: string;
  /** What is asked for: the same key for something else is a mistake. */
  readonly body: StartBody;
  /** Which parameters are secret: their values are no part of what is asked for. */
  readonly isSecret: (param: string) => boolean;
  /** Whether this run is in the journal. */
  exists(run: RunId): Promise<boolean>;
  start(run: RunId): Promise<RunId>;
}

/**
 * Starts that may be asked for twice. The run's id is noted before the run is recorded, so that whoever
 * asks again after a crash between the two starts that very run, and never a second one.
 */
export interface Starts {
  /** Throws UsageError `idempotency_reused`, `idempotency_invalid`. */
  once(call: Once): Promise<RunId>;
}

export function openStarts(notes: Notes, clock: Clock): Starts {
  const running = new Map<string, Promise<unknown>>();
  let prunedMs = Number.NEGATIVE_INFINITY;

  async function prune(nowMs: number): Promise<void> {
    if (nowMs < prunedMs + keptMs / 24) {
      return;
    }
    prunedMs = nowMs;
    for (const { key, value } of await notes.list()) {
      if (nowMs >= readNote(value).at + keptMs) {
        await notes.put(key, null);
      }
    }
  }

  async function start(name: string, call: Once): Promise<RunId> {
    const nowMs = clock.now().wallMs;
    await prune(nowMs);
    const body = digestOf(call);
    const known = await notes.get(name);
    const note = known === null ? { run: newRunId(), body, at: nowMs } : readNote(known);
    if (note.body !== body) {
      throw reused();
    }
    if (known === null) {
      await notes.put(name, JSON.stringify(note));
    } else if (await call.exists(note.run)) {
      return note.run;
    }
    return call.start(note.run);
  }

  return {
    async once(call) {
      const name = `${call.token}/${checkedKey(call.key)}`;
      // One after the other: two at once would both find nothing noted.
      const before = running.get(name) ?? Promise.resolve();
      const mine = before.then(() => start(name, call));
      const settled = mine.catch(() => undefined);
      running.set(name, settled);
      try {
        return await mine;
      } finally {
        if (running.get(name) === settled) {
          running.delete(name);
        }
      }
    },
  };
}

/** Secrets by their names alone: a stored hash of a short one would tell it to whoever can guess. */
function digestOf({ body, isSecret }: Pick<Once, 'body' | 'isSecret'>): Sha256 {
  const { params, ...rest } = body;
  const names = Object.keys(params).sort();
  const values = names.map((name) => (isSecret(name) ? null : (params[name] ?? null)));
  return sha256(canonicalize({ ...rest, names, values }));
}

const noteSchema = v.strictObject({ run: runId, body: hash, at: v.number() });

function readNote(text: string): v.InferOutput<typeof noteSchema> {
  return v.parse(noteSchema, JSON.parse(text));
}

function checkedKey(key: string): string {
  if (/^[\x21-\x7e]{1,200}$/.test(key)) {
    return key;
  }
  throw new UsageError({
    code: 'idempotency_invalid',
    message: 'the header `Idempotency-Key` is not 1 to 200 visible ASCII characters',
  });
}

function reused(): UsageError {
  return new UsageError({
    code: 'idempotency_reused',
    message: 'this `Idempotency-Key` was used to ask for something else',
    hint: 'take a new key for every run',
  });
}
