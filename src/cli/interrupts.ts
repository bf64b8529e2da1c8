import type { EventEmitter } from 'node:events';

/**
 * SIGINT, SIGTERM and SIGHUP, as a command sees them. The first aborts `signal` (end what runs, or
 * detach from a gate), the second `hurry` (skip what is left), the third leaves at once. A command that
 * never asked for `signal` is left at the first: it has nothing to tidy up.
 */
export interface Interrupts {
  /** Taking it is the promise to end soon after it aborts. */
  take(): { readonly signal: AbortSignal; readonly hurry: AbortSignal };
  /** 130 or 143 once a signal came, null before. */
  exitCode(): 130 | 143 | null;
  /** Called when nothing is left but to go. */
  onLeave(leave: (code: number) => void): void;
}

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;

/** Listens on the process; tests pass an emitter. */
export function listenForSignals(source: Pick<EventEmitter, 'on'>): Interrupts {
  const steps = [new AbortController(), new AbortController()] as const;
  let taken = false;
  let count = 0;
  let code: 130 | 143 | null = null;
  let leave: (code: number) => void = () => undefined;

  function receive(exitCode: 130 | 143): void {
    code ??= exitCode;
    const step = taken ? steps[count] : undefined;
    count += 1;
    if (step === undefined) {
      leave(code);
    } else {
      step.abort();
    }
  }

  for (const [name, exitCode] of Object.entries(signals)) {
    source.on(name, () => receive(exitCode));
  }
  return {
    take() {
      taken = true;
      return { signal: steps[0].signal, hurry: steps[1].signal };
    },
    exitCode: () => code,
    onLeave(listener) {
      leave = listener;
    },
  };
}
