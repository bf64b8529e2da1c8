import type { Listener } from '../engine/service.ts';
import type { Recorded } from '../run/events.ts';

/**
 * A prompt owns the lines it has drawn and wipes them when it closes: what is written meanwhile would go
 * with them. So from a gate on, entries are told only when the prompt must have closed: the run goes on,
 * waits anew, or was left.
 */
export function holdWhilePrompting(listener: Listener): Listener & { release(): void } {
  let prompting = false;
  let held: Recorded[] = [];

  function release(): void {
    prompting = false;
    const entries = held;
    held = [];
    for (const entry of entries) {
      listener.recorded(entry);
    }
  }

  return {
    release,
    recorded(entry) {
      held.push(entry);
      if (!prompting || entry.event.type.startsWith('step.')) {
        release();
      }
    },
    waiting(detail) {
      release();
      listener.waiting(detail);
      prompting = true;
    },
    output(step, stream, chunk) {
      release();
      listener.output(step, stream, chunk);
    },
    delayed(step, ms) {
      release();
      listener.delayed(step, ms);
    },
  };
}
