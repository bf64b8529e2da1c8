import { createMasker } from '../base/mask.ts';
import { type ActionIo, type Capture, maxCaptureBytes } from './action.ts';

/** One stream of an action on its way out. */
export interface Output {
  /** Masks and passes on, keeps the raw bytes up to the limit. */
  readonly push: (chunk: Buffer) => void;
  /** Passes on what the masker held back, and answers what was kept. Throws what `io.output` threw. Call it once. */
  readonly end: () => Capture;
}

/** The masker holds back a few bytes: a secret may be split between two chunks. */
export function openOutput(io: ActionIo, stream: 'stdout' | 'stderr'): Output {
  const masker = createMasker([...io.secrets.values()]);
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let seenBytes = 0;
  const faults: unknown[] = [];

  function pass(masked: Buffer): void {
    if (masked.length === 0 || faults.length > 0) {
      return;
    }
    try {
      io.output(stream, masked);
    } catch (error) {
      // Thrown from here it would end this process in the middle of a step; `end` hands it on.
      faults.push(error);
    }
  }

  return {
    push: (chunk) => {
      seenBytes += chunk.length;
      const part = chunk.subarray(0, maxCaptureBytes - keptBytes);
      if (part.length > 0) {
        kept.push(part);
        keptBytes += part.length;
      }
      pass(masker.push(chunk));
    },
    end: () => {
      pass(masker.end());
      if (faults.length > 0) {
        throw faults[0];
      }
      return { bytes: Buffer.concat(kept), complete: keptBytes === seenBytes };
    },
  };
}
