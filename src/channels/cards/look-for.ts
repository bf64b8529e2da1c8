import { RunbookError } from '../../base/errors.ts';
import { pause } from '../pause.ts';

/** Looks every `everyMs` until there is one; null where `signal` aborts first. */
export async function lookFor<T>(
  look: () => T | null,
  everyMs: number,
  signal: AbortSignal,
): Promise<T | null> {
  for (;;) {
    const found = look();
    if (found !== null || signal.aborted) {
      return found;
    }
    await pause(everyMs, signal);
  }
}

/** What `read` finds; null where a setting is faulty, which `report` is told, and told again once it is not. */
export function ifThere<T>(
  read: () => T,
  report: (part: { readonly trouble: string | null }) => void,
): T | null {
  try {
    const found = read();
    report({ trouble: null });
    return found;
  } catch (error) {
    report({ trouble: troubleOf(error) });
    return null;
  }
}

/** A faulty setting is told; a bug is not for the health line. */
export function troubleOf(error: unknown): string {
  if (error instanceof RunbookError) {
    return error.message;
  }
  throw error;
}
