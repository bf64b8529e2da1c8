import type { RunId } from '../base/ids.ts';
import type { JsonObject } from '../base/json.ts';
import type { Output } from '../engine/office.ts';
import type { Call } from './route.ts';
import { monotonicMs } from './site.ts';
import { formatEvent, SseBody } from './sse-body.ts';
import { openWake, ringOnAbort, type Wake } from './wake.ts';

/** How soon a client comes back. */
const retryMs = 1000;
/** Live output that may wait for a slow reader; what is beyond it is left to `logs`. */
const maxPending = 256 * 1024;

/** What `output` tells of a piece. */
export type OutputForm = (piece: Output) => JsonObject;

const asBytes: OutputForm = ({ step, stream, chunk }) => ({
  step,
  stream,
  chunk: chunk.toString('base64'),
});

/**
 * A run as it goes: `recorded` (its id is the run's version), `output` (live only), `end`. Entries are read
 * from the journal when there is room for them, so that there is neither a gap nor a double, whatever the
 * reader's pace, and no memory held for the slow; what comes by the feed only says when to look.
 */
export async function streamRun(
  call: Call,
  run: RunId,
  { from, form = asBytes }: { readonly from: number; readonly form?: OutputForm },
): Promise<Response> {
  const { terminal } = await call.service.status(run);
  const { site, context } = call;
  const wake = openWake();
  const body = context.req.method === 'HEAD' ? null : openBody(call, wake);
  if (body !== null) {
    const leave = site.crowd.enter(call.caller.token);
    const pumping = pump({
      call,
      run,
      wake,
      body,
      form,
      sent: lastSeen(call) ?? from,
      ended: terminal,
    });
    void site.metrics.streaming(pumping.finally(leave));
  }
  return new Response(body?.stream ?? null, {
    headers: { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' },
  });
}

interface Pump {
  readonly call: Call;
  readonly run: RunId;
  readonly wake: Wake;
  readonly body: SseBody;
  readonly form: OutputForm;
  /** The run's version that the reader has. */
  sent: number;
  ended: boolean;
}

async function pump(it: Pump): Promise<void> {
  const { call, run, wake, body } = it;
  const { office, stopping, settings, clock } = call.site;
  const pending = openPending(it.form);
  const silence = ringOnAbort(wake, [stopping]);
  const leave = office.feed.follow({
    recorded: (entry) => {
      if (entry.run === run) {
        wake.ring();
      }
    },
    output: (of, piece) => {
      if (of === run) {
        pending.add(piece);
        wake.ring();
      }
    },
  });
  // A token that is revoked meanwhile is noticed when the reader comes back.
  const until = monotonicMs(clock) + settings.limits.streamMs;
  try {
    await body.write(`retry: ${retryMs}\n\n`);
    while (body.isRead && !stopping.aborted && monotonicMs(clock) < until) {
      if (!(await writeNews(it, pending)) || it.ended) {
        break;
      }
      if (!(await wake.rest(settings.limits.heartbeatMs))) {
        await body.write(': here\n\n');
      }
    }
  } catch {
    // The journal cannot be read just now: the reader comes back and is told by the status.
  } finally {
    leave();
    silence();
    body.close();
  }
}

/** Everything there is to tell; false where nobody takes it. */
async function writeNews(it: Pump, pending: Pending): Promise<boolean> {
  const { call, run, body } = it;
  // Taken before the entries are read: what a step printed never stands before that it started.
  const output = pending.take();
  for (const entry of await call.service.events(run, it.sent)) {
    if (!(await body.write(formatEvent({ event: 'recorded', id: it.sent + 1, data: entry })))) {
      return false;
    }
    it.sent += 1;
    it.ended ||= entry.event.type === 'run.finished';
  }
  for (const text of output) {
    if (!(await body.write(text))) {
      return false;
    }
  }
  return it.ended ? body.write(formatEvent({ event: 'end', data: { run } })) : true;
}

interface Pending {
  add(piece: Output): void;
  take(): readonly string[];
}

function openPending(form: OutputForm): Pending {
  let texts: string[] = [];
  let size = 0;
  let dropped = 0;
  return {
    add(piece) {
      const { length } = piece.chunk;
      if (size + length > maxPending) {
        dropped += length;
        return;
      }
      size += length;
      texts.push(formatEvent({ event: 'output', data: form(piece) }));
    },
    take() {
      const taken = dropped === 0 ? texts : [...texts, `: ${dropped} bytes of output left out\n\n`];
      texts = [];
      size = 0;
      dropped = 0;
      return taken;
    },
  };
}

function openBody({ site }: Call, wake: Wake): SseBody {
  return new SseBody({
    stallMs: site.settings.limits.stallMs,
    onGone: () => {
      wake.ring();
    },
  });
}

/** `Last-Event-ID`, where a reader comes back. */
function lastSeen({ context }: Call): number | null {
  const id = context.req.header('last-event-id') ?? '';
  return /^\d{1,9}$/.test(id) ? Number(id) : null;
}
