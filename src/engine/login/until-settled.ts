import { ConflictError } from '../../base/errors.ts';

/** Judges and commits, and again as often as somebody else changes first who is who. */
export async function untilSettled<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        throw error;
      }
    }
  }
}
